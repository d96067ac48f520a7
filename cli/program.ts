import { Command } from "commander";
import { readConfig } from "../server/config.ts";
import { adminCommands } from "./admin.ts";
import { keyCommands } from "./keys.ts";
import { userCommands } from "./users.ts";

const environment = `
Environment of serve, migrate and admin:
  KEYWARD_HOST             address to listen on (127.0.0.1)
  KEYWARD_PORT             port to listen on; 0 for any free one (8400)
  DATABASE_URL             Postgres URL; without one, an embedded database
  KEYWARD_DATA_DIR         folder of the embedded database and the certificate (./.keyward)
  KEYWARD_TLS              off, self-signed, or files (off)
  KEYWARD_TLS_CERT         PEM file of the certificate, for KEYWARD_TLS=files
  KEYWARD_TLS_KEY          PEM file of its private key
  KEYWARD_PEPPER           what secrets are hashed under: 1:<base64 of 32 bytes>[,2:...] (none)
  KEYWARD_ADMIN_PASSWORD   first password of user admin (random, printed once)
  KEYWARD_TRUSTED_PROXIES  CIDRs whose X-Forwarded-For is believed (none)
  KEYWARD_WORKERS          processes that serve, on Postgres (1)
  KEYWARD_CACHE_KEYS       keys that each of them remembers (20000)
  KEYWARD_ON_DATABASE_LOSS closed, or stale:<seconds> to go on from memory for so long (closed)
  KEYWARD_AI_UPSTREAMS     servers of models behind /v1: name=https://host/v1[,...] (none)
  KEYWARD_AI_KEY_<NAME>    the key that this server is let in with at upstream <name>
  KEYWARD_AI_TIMEOUT_SECONDS  until an upstream must begin to answer (300)
  KEYWARD_LOG_LEVEL        fatal, error, warn, info, debug, trace, silent (info)

Environment of keys and users, which call a running server:
  KEYWARD_ENDPOINT         its URL, such as https://keys.example.org (http://127.0.0.1:8400)
  KEYWARD_TOKEN            an API key; or else
  KEYWARD_USERNAME, KEYWARD_PASSWORD
  KEYWARD_CA_CERT          PEM file of the certificates to trust
  KEYWARD_INSECURE         true to accept any certificate

Exit codes: 0 done, 1 failed, 2 wrong arguments or environment, 3 refused by the server, 4 no answer from it.`;

/** The command line, put together. Running a command throws what goes wrong. */
export function createProgram(): Command {
  const program = new Command("keyward")
    .description("API keys declared as code: the server, and the keys and users on one.")
    .showHelpAfterError("(keyward --help says more)")
    .addHelpText("after", environment)
    .exitOverride();
  program
    .command("serve", { isDefault: true })
    .description("start the server and run until told to stop (SIGTERM, Ctrl-C)")
    .action(async () => {
      // Loaded when it is needed: the other commands start in half the time without the server.
      const { serve } = await import("../server/serve.ts");
      await serve(readConfig(process.env));
    });
  program
    .command("migrate")
    .description("bring the database to the present schema, which serve also does")
    .action(async () => {
      const { openDatabase } = await import("../server/serve.ts");
      const opened = await openDatabase(readConfig(process.env));
      await opened.close();
      process.stdout.write(`${opened.description} has the present schema\n`);
    });
  program.addCommand(keyCommands());
  program.addCommand(userCommands());
  program.addCommand(adminCommands());
  for (const command of everyCommand(program)) {
    command.exitOverride();
  }
  return program;
}

function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
