import { createServer as createTlsServer } from "node:https";
import { serve as listenWith } from "@hono/node-server";
import { type Logger, pino } from "pino";
import pretty from "pino-pretty";
import { createApp } from "./app.ts";
import type { Config } from "./config.ts";
import { type OpenDatabase, openPglite, openPostgres } from "./database.ts";
import { openGate } from "./gate/open-gate.ts";
import { Attempts } from "./identity/attempts.ts";
import { LoginRecorder } from "./identity/logins.ts";
import { createPassword } from "./identity/passwords.ts";
import { sweep } from "./retention.ts";
import { prepareFirstStart } from "./tables/first-start.ts";
import { type Certificate, readCertificate } from "./tls.ts";

/** How long requests under way may take to finish once the server is told to stop. */
const stopGraceMs = 10_000;

/** How often what is past its time is deleted. */
const sweepIntervalMs = 3_600_000;

/** Runs the server until the process is told to stop (SIGTERM, SIGINT). SIGHUP reads the certificate again. */
export async function serve(config: Config): Promise<void> {
  const logger = createLogger(config.logLevel);
  const stopSignal = waitForStopSignal();
  const opened = await openDatabase(config);
  const { database } = opened;
  try {
    await announceFirstUser(config, opened);
    const certificate = await readCertificate(config.tls, config.dataDir, config.host, Date.now());
    const logins = new LoginRecorder(database, logger);
    const gate = await openGate({ ...config, keysMax: config.cacheKeys, database, logger });
    const { hono } = createApp({
      database,
      logger,
      logins,
      attempts: new Attempts(),
      peppers: config.peppers,
      clock: Date.now,
      trustedProxies: config.trustedProxies,
      isTls: certificate !== undefined,
      dataDir: config.dataDir,
      ...gate,
    });
    const stop = await listen(config, certificate, logger, hono.fetch, opened.description);
    const stopSweeping = sweepNowAndThen(opened, logger);
    logger.info({ signal: await stopSignal }, "stopping");
    stopSweeping();
    await stop();
    await gate.close();
    await logins.flush();
  } finally {
    await opened.close();
  }
  logger.info("stopped");
}

/** Opens the database that the configuration names, and brings it to the present schema. */
export function openDatabase(config: Pick<Config, "databaseUrl" | "dataDir">): Promise<OpenDatabase> {
  return config.databaseUrl === undefined ? openPglite(config.dataDir) : openPostgres(config.databaseUrl);
}

/** The password goes to the terminal beside the log, not into it: logs are kept and shipped. */
async function announceFirstUser(config: Config, opened: OpenDatabase): Promise<void> {
  const password = config.adminPassword ?? createPassword();
  const isFirstStart = await prepareFirstStart(opened.database, password, Date.now());
  if (isFirstStart && config.adminPassword === undefined) {
    process.stderr.write(`keyward: created user admin with password ${password} (shown this once)\n`);
  }
}

/** Resolves when connections are accepted, to the function that stops accepting and waits for what is under way. */
function listen(
  config: Config,
  certificate: Certificate | undefined,
  logger: Logger,
  fetch: Parameters<typeof listenWith>[0]["fetch"],
  database: string,
): Promise<() => Promise<void>> {
  return new Promise((resolve, reject) => {
    const tls =
      certificate === undefined ? {} : { createServer: createTlsServer, serverOptions: certificate };
    const options = { fetch, hostname: config.host, port: config.port, ...tls };
    const server = listenWith(options, ({ address, port, family }) => {
      const host = family === "IPv6" ? `[${address}]` : address;
      const isHere = address === "127.0.0.1" || address === "::1";
      if (certificate === undefined && !isHere) {
        logger.warn(
          "listening beyond this machine without TLS: set KEYWARD_TLS, or put a proxy that speaks TLS in front",
        );
      }
      const url = `${certificate === undefined ? "http" : "https"}://${host}:${port}`;
      logger.info({ url, database }, "listening");
      const stopReloading = reloadOnHangUp(config, server, logger);
      resolve(() => {
        stopReloading();
        return closeServer(server);
      });
    });
    server.once("error", reject);
  });
}

type HttpServer = ReturnType<typeof listenWith>;

/** Certificates are renewed while the server runs; connections that are open keep the old one. */
function reloadOnHangUp(config: Config, server: HttpServer, logger: Logger): () => void {
  const reload = async () => {
    try {
      const certificate = await readCertificate(config.tls, config.dataDir, config.host, Date.now());
      if (certificate !== undefined && "setSecureContext" in server) {
        server.setSecureContext({ cert: certificate.cert, key: certificate.key });
        logger.info("read the certificate again");
      }
    } catch (error) {
      logger.error({ err: error }, "the certificate could not be read again; the old one stays");
    }
  };
  const onHangUp = () => void reload();
  process.on("SIGHUP", onHangUp);
  return () => process.off("SIGHUP", onHangUp);
}

function sweepNowAndThen(opened: OpenDatabase, logger: Logger): () => void {
  const run = () => {
    sweep(opened.database, Date.now()).catch((error: unknown) => {
      logger.warn({ err: error }, "what is past its time could not be deleted; it is tried again in an hour");
    });
  };
  run();
  const timer = setInterval(run, sweepIntervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

function closeServer(server: HttpServer): Promise<void> {
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
