import cluster, { type Worker } from "node:cluster";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { WorkerMetrics } from "./worker-metrics.ts";

/** A worker that ends sooner than this after it was started is not started again at once: it would end again. */
const soonMs = 1000;

/** So often in a row may workers end soon, before the whole server gives up. */
const failuresMax = 5;

/** How long workers may take to stop, in milliseconds: longer than each gives its requests. Then they are killed. */
const stopMs = 15_000;

/** Whether this process is one of several that a first one has started. */
export function isWorker(): boolean {
  return cluster.isWorker;
}

/**
 * Keeps so many processes serving the same port, until it is told to stop; each is a replica of its own. One that ends by
 * itself is started again. Resolves when all have ended; throws when they do not stay up.
 */
export async function runWorkers(
  count: number,
  stopSignal: Promise<NodeJS.Signals>,
  logger: Logger,
): Promise<void> {
  // JSON has no NaN, which is what a metric says when it could not be measured.
  cluster.setupPrimary({ serialization: "advanced" });
  const metrics = new WorkerMetrics();
  let isStopping = false;
  let failures = 0;
  let giveUp: () => void = () => {};
  const hopeless = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  const start = () => {
    const startedAt = performance.now();
    const worker = cluster.fork();
    metrics.attach(worker);
    // What a worker cannot be told because it has ended is no fault of this process; that it has ended is heard below.
    worker.on("error", (error) =>
      logger.warn({ err: error, pid: worker.process.pid }, "a worker is out of reach"),
    );
    worker.once("exit", (code, signal) => {
      if (isStopping) {
        return;
      }
      failures = performance.now() - startedAt < soonMs ? failures + 1 : 0;
      logger.error({ pid: worker.process.pid, code, signal }, "a worker has ended");
      if (failures < failuresMax) {
        start();
      } else {
        giveUp();
      }
    });
  };
  for (let place = 0; place < count; place += 1) {
    start();
  }
  const hangUp = () => sendToAll("SIGHUP");
  process.on("SIGHUP", hangUp);
  const signal = await Promise.race([stopSignal, hopeless]);
  isStopping = true;
  process.off("SIGHUP", hangUp);
  logger.info({ signal }, "stopping");
  await stopAll();
  if (failures >= failuresMax) {
    throw new Error("workers end as soon as they are started; the log says why");
  }
}

function allWorkers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}

function sendToAll(signal: NodeJS.Signals): void {
  for (const worker of allWorkers()) {
    worker.process.kill(signal);
  }
}

/** One that is itself stopped, or hangs, does not hear that it should end. */
async function stopAll(): Promise<void> {
  const ended = Promise.all(
    allWorkers().map((worker) => new Promise<void>((resolve) => worker.once("exit", () => resolve()))),
  );
  sendToAll("SIGTERM");
  const isLate = await Promise.race([ended.then(() => false), sleep(stopMs, true, { ref: false })]);
  if (isLate) {
    sendToAll("SIGKILL");
  }
  await ended;
}

/** In a worker: lets it end, which its channel to the first process would keep it from. */
export function leave(): void {
  cluster.worker?.disconnect();
}
