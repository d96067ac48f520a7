import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { findPostgres, type PostgresCluster, startPostgresCluster } from "../../../bench/postgres-cluster.ts";
import { openPostgres } from "../../../server/postgres.ts";
import { createPostgresDatabase, createTemplateDatabase } from "../../postgres-databases.ts";
import { createStorage, KeywardServer, type ServerStorage } from "../keyward-server.ts";
import { Caller } from "./callers.ts";
import { type Administrator, narrow, questionOf, type Subject, storeSubjects } from "./narrowings.ts";
import { layWire, type Wire } from "./wire.ts";

/** What a trial is to be. */
export interface TrialOptions {
  /** How long changes and faults go on at least, in milliseconds. */
  readonly durationMs: number;
  /** When it ends at the latest, in milliseconds, though {@link TrialOptions.isEnough} does not say so. */
  readonly durationMsMax: number;
  /** Whether what was seen proves enough: a slow machine takes longer to see it. */
  readonly isEnough: (seen: TrialResult) => boolean;
  /** What the servers run. */
  readonly program: string;
  /** What breaks, in this order, again and again. */
  readonly faults: readonly Fault[];
}

/** Something that breaks for a while. */
export type Fault =
  | "server stopped and continued"
  | "connections to the database cut"
  | "server killed and started again"
  | "database restarted";

/** What came of it. */
export interface TrialResult {
  /** Requests that began after the change to their key was answered, and were let through. */
  readonly violations: readonly string[];
  /** Changes that were answered, by kind. */
  readonly answered: Readonly<Record<string, number>>;
  /** Requests that were let through while nothing was wrong with their key. */
  readonly passes: number;
  /** Requests that began after the change to their key was answered, and got a verdict. */
  readonly late: number;
  readonly faults: Readonly<Record<string, number>>;
  /** What the servers printed last that ended though nobody had killed them. */
  readonly ended: readonly string[];
}

/** A subject, and since when its key must not pass: by performance.now(), from the answer to its change on. */
interface Watched {
  readonly subject: Subject;
  narrowedMs: number;
}

interface Replica {
  readonly caller: Caller;
  readonly wire: Wire;
  readonly storage: ServerStorage;
  server: KeywardServer;
  /** A server is not stopped while it is stopped already. */
  isFaulty: boolean;
}

const replicaCount = 3;
/** More than can be changed in the time of a trial, by the second. */
const subjectsPerSecond = 300;
/** How long after its change a key is presented again and again. */
const watchedMs = 4000;
/** What says that a key passes, or that it does not. */
const verdicts: ReadonlySet<number | undefined> = new Set([200, 401, 403]);
/** What says that a change was made; the console answers with another page to go to. */
const successes: ReadonlySet<number | undefined> = new Set([200, 201, 303]);
const changersEach = 8;
const callersEach = 5;

/** Three servers on a Postgres of their own, under load, while changes are made and things break. */
export class Trial {
  readonly #options: TrialOptions;
  readonly #cluster: PostgresCluster;
  readonly #replicas: readonly Replica[];
  readonly #administrator: Administrator;
  /** Not yet changed, in the order in which they will be. */
  readonly #fresh: Watched[];
  readonly #narrowed: Watched[] = [];
  readonly #violations: string[] = [];
  readonly #answered: Record<string, number> = {};
  readonly #faults: Record<string, number> = {};
  readonly #ended: string[] = [];
  #passes = 0;
  #late = 0;
  #isOver = false;

  private constructor(
    options: TrialOptions,
    cluster: PostgresCluster,
    replicas: readonly Replica[],
    administrator: Administrator,
    subjects: readonly Subject[],
  ) {
    this.#options = options;
    this.#cluster = cluster;
    this.#replicas = replicas;
    this.#administrator = administrator;
    this.#fresh = subjects.map((subject) => ({ subject, narrowedMs: Number.POSITIVE_INFINITY }));
  }

  static async run(options: TrialOptions): Promise<TrialResult> {
    const programs = await findPostgres();
    if (programs === undefined) {
      throw new Error("the trial needs Postgres");
    }
    const cluster = await startPostgresCluster(programs);
    try {
      await createTemplateDatabase(cluster.url);
      const url = new URL(await createPostgresDatabase(cluster.url));
      const replicas: Replica[] = [];
      for (let place = 0; place < replicaCount; place += 1) {
        replicas.push(await startReplica(url, options.program));
      }
      const [first] = replicas;
      const secret = (await first?.server.createAdminSecret("trial")) ?? "";
      const session = (await first?.server.createSession()) ?? "";
      const opened = await openPostgres(url.href);
      const subjects = await storeSubjects(
        opened.database,
        Math.max(6000, (subjectsPerSecond * options.durationMs) / 1000),
      );
      await opened.close();
      const trial = new Trial(options, cluster, replicas, { secret, session }, subjects);
      return await trial.#run();
    } finally {
      await cluster.stop();
    }
  }

  async #run(): Promise<TrialResult> {
    try {
      const work = [
        ...this.#replicas.flatMap((replica) => [
          ...Array.from({ length: callersEach }, () => this.#present(replica)),
          ...Array.from({ length: changersEach }, () => this.#change(replica)),
        ]),
      ];
      await this.#breakThings();
      this.#isOver = true;
      await Promise.all(work);
    } finally {
      for (const { server, caller, wire, storage } of this.#replicas) {
        this.#noteIfEnded(server);
        caller.close();
        server.signal("SIGCONT");
        await server.kill();
        await wire.close();
        await rm(storage.folder, { recursive: true, force: true });
      }
    }
    return this.#seen();
  }

  #seen(): TrialResult {
    return {
      violations: this.#violations,
      answered: this.#answered,
      passes: this.#passes,
      late: this.#late,
      faults: this.#faults,
      ended: this.#ended,
    };
  }

  /** Presents keys to one replica: those whose turn comes next, so that they are remembered, and those just changed. */
  async #present(replica: Replica): Promise<void> {
    while (!this.#isOver) {
      const isWatching = Math.random() < 0.6 && this.#narrowed.length > 0;
      const watched = isWatching ? this.#anyOf(this.#narrowed) : this.#anyOf(this.#fresh.slice(0, 60));
      if (watched === undefined) {
        await sleep(5);
        continue;
      }
      const startedMs = performance.now();
      const { subject } = watched;
      const status = await replica.caller.call({
        method: "GET",
        path: questionOf(subject),
        headers: { Authorization: `Bearer ${subject.secret}` },
      });
      const isLate = startedMs > watched.narrowedMs;
      this.#late += isLate && verdicts.has(status) ? 1 : 0;
      if (status === 200 && isLate) {
        const sinceMs = Math.round(startedMs - watched.narrowedMs);
        this.#violations.push(`${subject.kind}: key ${subject.number} passed ${sinceMs} ms after the answer`);
      } else if (status === 200) {
        this.#passes += 1;
      }
      // The load of fifteen callers, and not all that the machine can do: other tests run beside this one.
      await sleep(1);
    }
  }

  #anyOf(list: readonly Watched[]): Watched | undefined {
    return list[Math.floor(Math.random() * list.length)];
  }

  /** Narrows what keys may do, through one replica. */
  async #change(replica: Replica): Promise<void> {
    while (!this.#isOver) {
      const watched = this.#fresh.shift();
      if (watched === undefined) {
        return;
      }
      const { subject } = watched;
      const { status, fromMs } = await narrow(subject, this.#administrator, replica.caller);
      if (successes.has(status)) {
        // One that is to expire must not pass from then on; the others, from the answer on.
        watched.narrowedMs = performance.now() + Math.max(0, fromMs - Date.now());
        this.#answered[subject.kind] = (this.#answered[subject.kind] ?? 0) + 1;
        this.#narrowed.push(watched);
        setTimeout(() => void this.#narrowed.splice(this.#narrowed.indexOf(watched), 1), watchedMs);
      }
      // A server that is being started again refuses at once, and would use up the subjects.
      await sleep(status === undefined ? 250 : 20);
    }
  }

  #noteIfEnded(server: KeywardServer): void {
    if (server.hasEnded) {
      this.#ended.push(server.output.slice(-2000));
    }
  }

  async #breakThings(): Promise<void> {
    const { durationMs, durationMsMax, faults, isEnough } = this.#options;
    const startedMs = performance.now();
    const elapsedMs = () => performance.now() - startedMs;
    const isOver = () => elapsedMs() > durationMsMax || (elapsedMs() > durationMs && isEnough(this.#seen()));
    for (let place = 0; !isOver(); place += 1) {
      await sleep(700);
      const fault = faults[place % faults.length];
      if (fault !== undefined) {
        this.#faults[fault] = (this.#faults[fault] ?? 0) + 1;
        await this.#suffer(fault);
      }
    }
  }

  async #suffer(fault: Fault): Promise<void> {
    const healthy = this.#replicas.filter(({ isFaulty }) => !isFaulty);
    const replica = healthy[Math.floor(Math.random() * healthy.length)];
    if (fault === "database restarted") {
      await this.#cluster.restart();
    } else if (replica !== undefined) {
      replica.isFaulty = true;
      await this.#breakReplica(replica, fault);
      replica.isFaulty = false;
    }
  }

  async #breakReplica(replica: Replica, fault: Exclude<Fault, "database restarted">): Promise<void> {
    const { server, wire, storage } = replica;
    switch (fault) {
      case "server stopped and continued":
        server.signal("SIGSTOP");
        await sleep(500 + Math.random() * 3000);
        server.signal("SIGCONT");
        break;
      case "connections to the database cut":
        wire.cut();
        await sleep(4000);
        wire.mend();
        break;
      case "server killed and started again":
        this.#noteIfEnded(server);
        await server.kill();
        replica.server = await KeywardServer.start(storage, this.#options.program);
        break;
      default:
        fault satisfies never;
    }
  }
}

async function startReplica(database: URL, program: string): Promise<Replica> {
  const wire = await layWire(Number(database.port));
  const url = new URL(database);
  url.port = String(wire.port);
  const starting = await createStorage({ DATABASE_URL: url.href, KEYWARD_LOG_LEVEL: "info" });
  const first = await KeywardServer.start(starting, program);
  const { port } = new URL(first.url);
  const storage = { ...starting, variables: { ...starting.variables, KEYWARD_PORT: port } };
  return { caller: new Caller(Number(port)), wire, storage, server: first, isFaulty: false };
}
