import cluster, { type Worker } from "node:cluster";
import type { Logger } from "pino";
import { AggregatorRegistry, type Registry, type RegistryContentType } from "prom-client";
import { z } from "zod";

/** A worker that ends sooner than this after it was started is not started again at once: it would end again. */
const soonMs = 1000;

/** So often in a row may workers end soon, before the whole server gives up. */
const failuresMax = 5;

const question = z.object({ type: z.literal("keyward:metrics") });
const answer = z.object({ type: z.literal("keyward:metrics"), text: z.string().nullable() });

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
  const aggregator = new AggregatorRegistry();
  let isStopping = false;
  let failures = 0;
  let giveUp: () => void = () => {};
  const hopeless = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  const start = () => {
    const startedAt = performance.now();
    const worker = cluster.fork();
    worker.on("message", (message) => void answerMetrics(aggregator, worker, message));
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

async function stopAll(): Promise<void> {
  const ended = allWorkers().map(
    (worker) => new Promise<void>((resolve) => worker.once("exit", () => resolve())),
  );
  sendToAll("SIGTERM");
  await Promise.all(ended);
}

async function answerMetrics(
  aggregator: AggregatorRegistry<RegistryContentType>,
  worker: Worker,
  message: unknown,
): Promise<void> {
  if (question.safeParse(message).success) {
    const text = await aggregator.clusterMetrics().catch(() => null);
    worker.send({ type: "keyward:metrics", text });
  }
}

/** In a worker: lets it end, which its channel to the first process would keep it from. */
export function leave(): void {
  cluster.worker?.disconnect();
}

/** In a worker: gives the metrics of all workers together, which the first process gathers. */
export function metricsOfAll(registry: Registry): () => Promise<{ text: string; contentType: string }> {
  AggregatorRegistry.setRegistries([registry]);
  // Made for its listener: it answers when the first process asks for this worker's part.
  const aggregator = new AggregatorRegistry();
  return () =>
    new Promise((resolve, reject) => {
      const hear = (message: unknown) => {
        const heard = answer.safeParse(message);
        if (heard.success) {
          process.off("message", hear);
          if (heard.data.text === null) {
            reject(new Error("not every worker told its metrics"));
          } else {
            resolve({ text: heard.data.text, contentType: aggregator.contentType });
          }
        }
      };
      process.on("message", hear);
      process.send?.({ type: "keyward:metrics" });
    });
}
