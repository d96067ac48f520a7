import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { Command } from "commander";
import type { IssuedApiKey } from "../client/client.ts";
import { RequestRefused } from "../client/errors.ts";
import { collect, durationSeconds, expirySeconds } from "./arguments.ts";
import { connect } from "./connection.ts";
import { formatTable, print, showTime } from "./output.ts";
import { findUser } from "./users.ts";

interface OutputOptions {
  readonly json?: boolean;
}

interface SecretOptions extends OutputOptions {
  readonly out?: string;
}

interface CreateOptions extends SecretOptions {
  readonly user: string;
  readonly description?: string;
  readonly expires: number;
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** `keyward keys`: the keys on a running server. */
export function keyCommands(): Command {
  const keys = new Command("keys").description(
    "list, create, rotate and delete API keys on a running server",
  );
  keys
    .command("list")
    .description("list the keys that you may see")
    .option("--user <name>", "of this user only")
    .option("--json", "as JSON")
    .action(listKeys);
  keys
    .command("create <name>")
    .description("make a key; its secret is shown this once")
    .requiredOption("--user <name>", "the user that the key belongs to")
    .option("--description <text>", "what the key is for")
    .option("--expires <time>", "90d, 48h, an RFC 3339 time, or never", expirySeconds, 0)
    .option("--allow <address>", "an address or CIDR it may be used from; may be repeated", collect, [])
    .option("--deny <address>", "an address or CIDR it may not be used from; may be repeated", collect, [])
    .option("--out <file>", "write the secret to this new file (mode 0600) instead of showing it")
    .option("--json", "as JSON")
    .action(createKey);
  keys
    .command("rotate <key>")
    .description("make a successor; the key itself stays valid for the overlap")
    .option("--overlap <time>", "how long both are valid, such as 48h", durationSeconds, 0)
    .option("--out <file>", "write the secret to this new file (mode 0600) instead of showing it")
    .option("--json", "as JSON")
    .action(rotateKey);
  keys.command("delete <key>").description("delete a key, which revokes it at once").action(deleteKey);
  return keys;
}

async function listKeys(options: OutputOptions & { readonly user?: string }): Promise<void> {
  const client = connect(process.env);
  const user = options.user === undefined ? undefined : await findUser(client, options.user);
  const keys = await client.listApiKeys(user === undefined ? {} : { filter: `user eq ${user.$key}` });
  const rows = keys.map((key) => ({
    key: key.$key,
    user: key.user_name ?? key.user,
    name: key.name,
    expires: showTime(key.expires, "never"),
    "last login": showTime(key.lastlogin_stamp, "never"),
    from: key.lastlogin_ip,
  }));
  print(options.json, keys, formatTable(rows, ["key", "user", "name", "expires", "last login", "from"]));
}

async function createKey(name: string, options: CreateOptions): Promise<void> {
  const client = connect(process.env);
  const user = await findUser(client, options.user);
  await deliver(options, () =>
    client.createApiKey({
      user: user.$key,
      name,
      expires: options.expires,
      ...(options.description === undefined ? {} : { description: options.description }),
      ip_allow_list: options.allow.join(","),
      ip_deny_list: options.deny.join(","),
    }),
  );
}

async function rotateKey(key: string, options: SecretOptions & { readonly overlap: number }): Promise<void> {
  const client = connect(process.env);
  await deliver(options, () => client.rotateApiKey(key, { overlap: options.overlap }));
}

async function deleteKey(key: string): Promise<void> {
  const client = connect(process.env);
  if ((await client.getApiKey(key)) === undefined) {
    throw new RequestRefused(404, `there is no key ${key}, or it is not yours to see`);
  }
  await client.deleteApiKey(key);
  process.stdout.write(`deleted key ${key}\n`);
}

/** Gives the secret away once. Where it is to be written is made sure of first: a key is not made to be lost. */
async function deliver(options: SecretOptions, issue: () => Promise<IssuedApiKey>): Promise<void> {
  const { out } = options;
  const file = out === undefined ? undefined : openSync(out, "wx", 0o600);
  try {
    const issued = await issue();
    for (const warning of issued.warnings) {
      process.stderr.write(`keyward: warning: ${warning}\n`);
    }
    if (file === undefined) {
      print(
        options.json,
        { key: issued.key, secret: issued.secret },
        `key ${issued.key}\n${issued.secret}\n`,
      );
      return;
    }
    writeSync(file, `${issued.secret}\n`);
    print(options.json, { key: issued.key, file: out }, `key ${issued.key}, its secret in ${out}\n`);
  } catch (error) {
    if (out !== undefined) {
      rmSync(out, { force: true });
    }
    throw error;
  } finally {
    if (file !== undefined) {
      closeSync(file);
    }
  }
}
