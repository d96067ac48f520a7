import type { Worker } from "node:cluster";
import {
  AggregatorRegistry,
  type MetricObjectWithValues,
  type MetricValue,
  type Registry,
} from "prom-client";
import { z } from "zod";

type Metrics = readonly MetricObjectWithValues<MetricValue<string>>[];

/** How long the first process waits for the workers' parts, in milliseconds; a scraper waits ten seconds as a rule. */
const patienceMs = 1000;

/** How long a worker waits for the first process, which waits for the other workers meanwhile. */
const workerPatienceMs = 5000;

// The workers and the first process are of one build, so each reads what it wrote itself; ids tell late answers apart.
const question = z.object({ type: z.literal("keyward:metrics of all?"), id: z.number() });
const answer = z.object({ type: z.literal("keyward:metrics of all"), id: z.number(), text: z.string() });
const part = z.object({ type: z.literal("keyward:metrics of one?"), id: z.number() });
const partAnswer = z.object({
  type: z.literal("keyward:metrics of one"),
  id: z.number(),
  metrics: z.custom<Metrics>(Array.isArray),
});

/**
 * In the first process: puts the metrics of all workers together. One that does not answer in time is left out, but for
 * what it has counted so far: a sum that falls and rises again would look like a burst of requests to whoever draws it.
 * What a worker that has ended had counted stays in the sum for the same reason.
 */
export class WorkerMetrics {
  readonly #last = new Map<Worker, Metrics>();
  /** Takes the part of a worker that was asked for under this id. */
  readonly #asked = new Map<number, (metrics: Metrics | undefined) => void>();
  #ofEnded: Promise<Metrics> = Promise.resolve([]);
  #lastId = 0;
  /** Shared by all who ask while it goes on, so that nobody piles up questions to a worker that is stopped. */
  #gathering: Promise<string> | undefined;

  /** Counts a worker in, until it ends, and answers what it asks. */
  attach(worker: Worker): void {
    this.#last.set(worker, []);
    worker.on("message", (message) => {
      const told = partAnswer.safeParse(message).data;
      if (told !== undefined) {
        this.#last.set(worker, told.metrics);
        this.#asked.get(told.id)?.(told.metrics);
      }
      const asked = question.safeParse(message).data;
      if (asked !== undefined) {
        void this.#answer(worker, asked.id);
      }
    });
    worker.once("exit", () => this.#leave(worker));
  }

  async #answer(worker: Worker, id: number): Promise<void> {
    this.#gathering ??= this.#gather().finally(() => {
      this.#gathering = undefined;
    });
    const text = await this.#gathering;
    send(worker, { type: "keyward:metrics of all", id, text } satisfies z.input<typeof answer>);
  }

  async #gather(): Promise<string> {
    const workers = [...this.#last.keys()];
    const told = new Map(
      await Promise.all(workers.map(async (worker) => [worker, await this.#ask(worker)] as const)),
    );
    const ofEnded = await this.#ofEnded;
    // One that has ended meanwhile is counted among those.
    const left = workers.filter((worker) => this.#last.has(worker));
    const silent = left.filter((worker) => told.get(worker) === undefined);
    const parts = left.map((worker) => told.get(worker) ?? counted(this.#last.get(worker) ?? []));
    const text = await together([...parts, ofEnded]).metrics();
    return text + silentGauge(silent.length);
  }

  /** One worker's part; undefined when it does not answer. */
  async #ask(worker: Worker): Promise<Metrics | undefined> {
    this.#lastId += 1;
    const id = this.#lastId;
    const told = new Promise<Metrics | undefined>((resolve) => {
      this.#asked.set(id, resolve);
      setTimeout(resolve, patienceMs, undefined).unref();
    });
    send(worker, { type: "keyward:metrics of one?", id } satisfies z.input<typeof part>);
    return told.finally(() => this.#asked.delete(id));
  }

  #leave(worker: Worker): void {
    const last = counted(this.#last.get(worker) ?? []);
    this.#last.delete(worker);
    this.#ofEnded = this.#ofEnded.then((ofEnded) => together([ofEnded, last]).getMetricsAsJSON());
  }
}

/** In a worker: gives the metrics of all workers together, and tells its own part when the first process asks. */
export function metricsOfAll(
  registry: Registry,
): () => Promise<{ readonly text: string; readonly contentType: string }> {
  const waiting = new Map<number, (text: string) => void>();
  let lastId = 0;
  process.on("message", (message: unknown) => {
    const heard = answer.safeParse(message).data;
    if (heard !== undefined) {
      waiting.get(heard.id)?.(heard.text);
    }
    const asked = part.safeParse(message).data;
    if (asked !== undefined) {
      void tellPart(registry, asked.id);
    }
  });
  return async () => {
    lastId += 1;
    const id = lastId;
    const told = new Promise<string>((resolve, reject) => {
      waiting.set(id, resolve);
      setTimeout(reject, workerPatienceMs, new Error("the first process does not answer")).unref();
    });
    tell({ type: "keyward:metrics of all?", id } satisfies z.input<typeof question>);
    const text = await told.finally(() => waiting.delete(id));
    return { text, contentType: registry.contentType };
  };
}

async function tellPart(registry: Registry, id: number): Promise<void> {
  const metrics = await registry.getMetricsAsJSON();
  tell({ type: "keyward:metrics of one", id, metrics } satisfies z.input<typeof partAnswer>);
}

/** What only ever grows, and so stays true of a process that says nothing: not what it holds at the moment. */
function counted(metrics: Metrics): Metrics {
  // The type is the word, whatever prom-client's declarations say.
  return metrics.filter(({ type }) => ["counter", "histogram"].includes(String(type)));
}

function together(parts: readonly Metrics[]): Registry {
  return AggregatorRegistry.aggregate(parts.map((one) => [...one]));
}

function silentGauge(silent: number): string {
  return [
    "\n# HELP keyward_workers_silent Workers that did not tell their metrics in time.",
    "# TYPE keyward_workers_silent gauge",
    `keyward_workers_silent ${silent}\n`,
  ].join("\n");
}

/** The other side may end at any moment. With a callback a failure is told to it; without one it ends this side too. */
function send(worker: Worker, message: Record<string, string | number>): void {
  worker.send(message, () => {});
}

/** From a worker to the first process. */
function tell(message: unknown): void {
  process.send?.(message, undefined, undefined, () => {});
}
