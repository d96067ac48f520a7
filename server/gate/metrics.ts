import { sql } from "drizzle-orm";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Connections, Database } from "../database.ts";
import type { Outcome } from "../identity/judge-key.ts";
import type { Gate } from "./gate.ts";
import type { Replica } from "./replica.ts";

/** How a request to the gate ended; `undecided` when there was no verdict, because the database did not answer. */
export type CountedOutcome = Outcome | "undecided";

const outcomes: readonly CountedOutcome[] = [
  "allowed",
  "unknown",
  "wrong_secret",
  "expired",
  "user_disabled",
  "not_on_allow_list",
  "on_deny_list",
  "undecided",
];

/** Upper bounds of the latency histogram, in seconds: from a verdict out of memory to one that waited for a database. */
const bounds = [0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5];

/** What the gate does, in Prometheus' terms. Counting is an addition; the library is asked when somebody reads. */
export class GateMetrics {
  readonly registry = new Registry();
  readonly #outcomes = new Map<CountedOutcome, number>(outcomes.map((outcome) => [outcome, 0]));
  readonly #latency: Histogram;

  constructor() {
    const registers = [this.registry];
    const counted = this.#outcomes;
    new Counter({
      name: "keyward_verdicts_total",
      help: "Requests to the gate, by how they ended.",
      labelNames: ["outcome"],
      registers,
      collect() {
        this.reset();
        for (const [outcome, count] of counted) {
          this.inc({ outcome }, count);
        }
      },
    });
    this.#latency = new Histogram({
      name: "keyward_verdict_duration_seconds",
      help: "Time from the request's headers to its verdict.",
      buckets: bounds,
      registers,
    });
  }

  /** Counts one request; `startedAt` is by performance.now(), in milliseconds. */
  count(outcome: CountedOutcome, startedAt: number): void {
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
    this.#latency.observe((performance.now() - startedAt) / 1000);
  }

  /** What they say now, in Prometheus' text format. */
  async read(): Promise<{ readonly text: string; readonly contentType: string }> {
    return { text: await this.registry.metrics(), contentType: this.registry.contentType };
  }

  /** Adds how long the database takes for nothing at all, which includes the wait for a connection of the pool. */
  watchDatabase(database: Database): void {
    new Gauge({
      name: "keyward_database_round_trip_seconds",
      help: "Time of an empty statement, with the wait for a connection; NaN when it fails. The longest of all workers.",
      aggregator: "max",
      registers: [this.registry],
      async collect() {
        const startedAt = performance.now();
        const isAnswered = await database.execute(sql`select 1`).then(
          () => true,
          () => false,
        );
        this.set(isAnswered ? (performance.now() - startedAt) / 1000 : Number.NaN);
      },
    });
  }

  /** Adds what the pool of connections to the database does; nothing for an embedded one. */
  watchConnections(read: (() => Connections) | undefined): void {
    if (read === undefined) {
      return;
    }
    this.#gauge("keyward_database_connections", "Connections to the database.", () => read().total);
    this.#gauge("keyward_database_connections_idle", "Those that nobody uses.", () => read().idle);
    this.#gauge("keyward_database_waiting", "Requests that wait for a connection.", () => read().waiting);
  }

  /** Adds what the gate's memory does. */
  watchGate(gate: Gate): void {
    this.#counter("keyward_gate_memory_hits_total", "Verdicts made from memory.", () => gate.counts.hits);
    this.#counter(
      "keyward_gate_memory_misses_total",
      "Verdicts that read the key.",
      () => gate.counts.misses,
    );
    this.#gauge("keyward_gate_reads_under_way", "Keys being read now.", () => gate.readsUnderWay);
    this.#gauge("keyward_gate_memory_keys", "Keys that are remembered.", () => gate.remembered);
  }

  /** Adds what the replica does. */
  watchReplica(replica: Replica): void {
    this.#gauge(
      "keyward_lease_held",
      "How many processes hold their lease: 1 while verdicts may be made from memory.",
      () => (replica.isReady ? 1 : 0),
    );
    this.#counter(
      "keyward_fences_total",
      "Changes held until every replica knew.",
      () => replica.counts.fences,
    );
    this.#counter(
      "keyward_fences_by_time_total",
      "Those that waited out the lease of a replica which did not acknowledge.",
      () => replica.counts.fencesByTime,
    );
    this.#counter(
      "keyward_fence_wait_seconds_total",
      "Time that changes were held, all together.",
      () => replica.counts.fenceSeconds,
    );
  }

  #counter(name: string, help: string, read: () => number): void {
    const registers = [this.registry];
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  #gauge(name: string, help: string, read: () => number): void {
    const registers = [this.registry];
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
}
