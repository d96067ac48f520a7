import type { Logger } from "pino";
import { createApp } from "./app.ts";
import type { Config } from "./config.ts";
import type { OpenDatabase } from "./database.ts";
import { openGate } from "./gate/open-gate.ts";
import { listen } from "./http-server.ts";
import { Attempts } from "./identity/attempts.ts";
import { LoginRecorder } from "./identity/logins.ts";
import { createPassword } from "./identity/passwords.ts";
import { createLogger } from "./log.ts";
import { sweep } from "./retention.ts";
import { prepareFirstStart } from "./tables/first-start.ts";
import { readCertificate } from "./tls.ts";
import { metricsOfAll } from "./worker-metrics.ts";
import { isWorker, leave, runWorkers } from "./workers.ts";

/** How often what is past its time is deleted. */
const sweepIntervalMs = 3_600_000;

/** Runs the server until the process is told to stop (SIGTERM, SIGINT). SIGHUP reads the certificate again. */
export async function serve(config: Config): Promise<void> {
  const logger = createLogger(config.logLevel);
  const stopSignal = waitForStopSignal();
  if (config.workers === 1 || isWorker()) {
    await serveHere(config, logger, stopSignal);
  } else {
    await prepare(config);
    await runWorkers(config.workers, stopSignal, logger);
  }
  logger.info("stopped");
  leave();
}

/** What is done once, before several processes would do it all at the same time. */
async function prepare(config: Config): Promise<void> {
  const opened = await openDatabase(config);
  try {
    await announceFirstUser(config, opened);
    await readCertificate(config.tls, config.dataDir, config.host, Date.now());
  } finally {
    await opened.close();
  }
}

async function serveHere(config: Config, logger: Logger, stopSignal: Promise<NodeJS.Signals>): Promise<void> {
  const opened = await openDatabase(config, logger);
  const { database } = opened;
  try {
    await announceFirstUser(config, opened);
    const certificate = await readCertificate(config.tls, config.dataDir, config.host, Date.now());
    const logins = new LoginRecorder(database, logger);
    const gate = await openGate({ ...config, ...opened, keysMax: config.cacheKeys, logger });
    const app = createApp({
      database,
      logger,
      logins,
      attempts: new Attempts(),
      peppers: config.peppers,
      clock: Date.now,
      trustedProxies: config.trustedProxies,
      isTls: certificate !== undefined,
      upstreams: config.upstreams,
      upstreamTimeoutMs: config.upstreamTimeoutMs,
      ...gate,
      ...(isWorker() ? { readMetrics: metricsOfAll(gate.metrics.registry) } : {}),
    });
    const stop = await listen(config, certificate, logger, app, opened.description);
    const stopSweeping = sweepNowAndThen(opened, logger);
    logger.info({ signal: await stopSignal }, "stopping");
    stopSweeping();
    await stop();
    await gate.close();
    await logins.flush();
  } finally {
    await opened.close();
  }
}

/** Opens the database that the configuration names, and brings it to the present schema. */
export async function openDatabase(
  config: Pick<Config, "databaseUrl" | "dataDir">,
  logger?: Logger,
): Promise<OpenDatabase> {
  // Only the driver that is used is loaded.
  if (config.databaseUrl === undefined) {
    const { openPglite } = await import("./pglite.ts");
    return openPglite(config.dataDir);
  }
  const { openPostgres } = await import("./postgres.ts");
  return openPostgres(config.databaseUrl, logger);
}

/** The password goes to the terminal beside the log, not into it: logs are kept and shipped. */
async function announceFirstUser(config: Config, opened: OpenDatabase): Promise<void> {
  const password = config.adminPassword ?? createPassword();
  const isFirstStart = await prepareFirstStart(opened.database, password, Date.now());
  if (isFirstStart && config.adminPassword === undefined) {
    process.stderr.write(`keyward: created user admin with password ${password} (shown this once)\n`);
  }
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

/** The first signal asks for a graceful stop; from then on the default holds again, so that a second one ends at once. */
function waitForStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
}
