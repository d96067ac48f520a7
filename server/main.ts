#!/usr/bin/env node
import { serve } from "@hono/node-server";
import { type Logger, pino } from "pino";
import pretty from "pino-pretty";
import { createApp } from "./app.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { DataFolderInUse } from "./data-folder.ts";
import { type OpenDatabase, openPglite, openPostgres } from "./database.ts";
import { LoginRecorder } from "./identity/logins.ts";
import { createPassword } from "./identity/passwords.ts";
import { createFirstUser } from "./tables/users.ts";

const help = `Usage: keyward [serve]

Starts the Keyward server and runs until it is told to stop (SIGTERM, Ctrl-C).

Environment:
  KEYWARD_HOST             address to listen on (127.0.0.1)
  KEYWARD_PORT             port to listen on; 0 for any free one (8400)
  DATABASE_URL             Postgres URL; without one, an embedded database
  KEYWARD_DATA_DIR         folder of the embedded database (./.keyward)
  KEYWARD_ADMIN_PASSWORD   first password of user admin (random, printed once)
  KEYWARD_TRUSTED_PROXIES  CIDRs whose X-Forwarded-For is believed (none)
  KEYWARD_LOG_LEVEL        fatal, error, warn, info, debug, trace, silent (info)

Exit codes: 0 stopped as told, 1 failed, 2 wrong arguments or environment.`;

/** How long requests under way may take to finish once the server is told to stop. */
const stopGraceMs = 10_000;

async function main(): Promise<number> {
  const [command = "serve", ...rest] = process.argv.slice(2);
  if (command === "--help" || command === "-h" || command === "help") {
    process.stdout.write(`${help}\n`);
    return 0;
  }
  if (command !== "serve" || rest.length > 0) {
    process.stderr.write(`keyward: unknown argument ${JSON.stringify(rest[0] ?? command)}\n\n${help}\n`);
    return 2;
  }
  try {
    await runServer(readConfig(process.env));
    return 0;
  } catch (error) {
    if (error instanceof ConfigError || error instanceof DataFolderInUse) {
      process.stderr.write(`keyward: ${error.message}\n`);
      return error instanceof ConfigError ? 2 : 1;
    }
    process.stderr.write(`keyward: ${startFailure(error)}\n`);
    return 1;
  }
}

async function runServer(config: Config): Promise<void> {
  const logger = createLogger(config.logLevel);
  const stopSignal = waitForStopSignal();
  const opened = await openDatabase(config);
  try {
    await announceFirstUser(config, opened);
    const logins = new LoginRecorder(opened.database, logger);
    const { trustedProxies } = config;
    const app = createApp({ database: opened.database, logger, logins, clock: Date.now, trustedProxies });
    const stop = await listen(config, logger, app.fetch, opened.description);
    logger.info({ signal: await stopSignal }, "stopping");
    await stop();
    await logins.flush();
  } finally {
    await opened.close();
  }
  logger.info("stopped");
}

function openDatabase(config: Config): Promise<OpenDatabase> {
  return config.databaseUrl === undefined ? openPglite(config.dataDir) : openPostgres(config.databaseUrl);
}

/** The password goes to the terminal beside the log, not into it: logs are kept and shipped. */
async function announceFirstUser(config: Config, opened: OpenDatabase): Promise<void> {
  const password = config.adminPassword ?? createPassword();
  const isFirstStart = await createFirstUser(opened.database, password, Date.now());
  if (isFirstStart && config.adminPassword === undefined) {
    process.stderr.write(`keyward: created user admin with password ${password} (shown this once)\n`);
  }
}

/** Resolves when connections are accepted, to the function that stops accepting and waits for what is under way. */
function listen(
  config: Config,
  logger: Logger,
  fetch: Parameters<typeof serve>[0]["fetch"],
  database: string,
): Promise<() => Promise<void>> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: config.host, port: config.port }, ({ address, port, family }) => {
      const host = family === "IPv6" ? `[${address}]` : address;
      if (address !== "127.0.0.1" && address !== "::1") {
        logger.warn("listening beyond this machine without TLS: put a proxy that speaks TLS in front");
      }
      logger.info({ url: `http://${host}:${port}`, database }, "listening");
      resolve(() => closeServer(server));
    });
    server.once("error", reject);
  });
}

function closeServer(server: ReturnType<typeof serve>): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => {
      if ("closeAllConnections" in server) {
        server.closeAllConnections();
      }
    }, stopGraceMs);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
  });
}

/** The first signal asks for a graceful stop; from then on the default holds again, so that a second one ends at once. */
function waitForStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
}

/** One JSON object a line for machines; readable lines for somebody at a terminal. */
function createLogger(level: string): Logger {
  return process.stdout.isTTY ? pino({ level }, pretty({ ignore: "pid,hostname" })) : pino({ level });
}

/** Drizzle's message quotes the statement; the driver's, its cause, says what went wrong. */
function startFailure(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : "failed to start";
}

process.exitCode = await main();
