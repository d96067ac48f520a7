import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { z } from "zod";
import type { Listener, PendingChange, Renewal, ReplicaMark, ReplicaStore } from "./replica-store.ts";

const subject = z
  .templateLiteral([z.enum(["key", "user"]), " ", z.number()])
  .or(z.enum(["unknown keys", "rights", "everything"]));
const change = z.object({ id: z.string(), subjects: z.array(subject) });
const mark = z.object({ id: z.string(), renewals: z.coerce.number() });
const renewal = z.tuple([
  z.object({
    renewed: z.boolean(),
    changes: z.array(change),
    replicas: z.array(mark.extend({ acknowledged: z.array(z.string()) })),
  }),
]);
const changeMessage = change.extend({ writer: z.string() });
/** What comes on a replica's own channel: an acknowledgement, or what it says to itself. */
const ownMessage = z.object({ change: z.string(), replica: z.string() }).nullable();

const changesChannel = "keyward_changes";

const notify = { name: "notify", text: "select pg_notify($1, $2)" } as const;

/**
 * Makes a statement one that a crash does not take back, unlike the rest: a registration that is lost lets changes pass
 * the replica by, a renewal that is lost lets it be removed too early. It is set before the statement is committed.
 */
const durably = "set_config('synchronous_commit', 'on', true)";

/** Two connections: a renewal must not wait for a statement that hangs. */
const connectionsMax = 2;

/** How long a connection or an answer is waited for, in milliseconds, before the connection is left for another. */
const patienceMs = 2000;

/**
 * What replicas share, on Postgres, over connections that serve nothing else: a busy pool must not cost the lease. The
 * statements are named, so that each connection has them parsed once.
 */
export class PostgresReplicaStore implements ReplicaStore {
  readonly #url: string;
  readonly #pool: pg.Pool;
  #ear: Ear | undefined;

  constructor(url: string) {
    this.#url = url;
    this.#pool = new pg.Pool({ ...connectionTo(url), max: connectionsMax });
    // The pool has taken the connection out by then.
    this.#pool.on("error", () => {});
  }

  async register(id: string): Promise<void> {
    const text = `insert into replicas (id, renewals, acknowledged) select $1, 0, '[]' from ${durably}`;
    await this.#query("register", text, [id]);
  }

  async renew(id: string, acknowledged: readonly string[]): Promise<Renewal | undefined> {
    this.#ear?.check();
    const text = `
      with renewed as (
        update replicas set renewals = renewals + 1, acknowledged = $2::jsonb
        from ${durably} where id = $1 returning 1
      )
      select exists (select from renewed) as renewed,
        coalesce((select json_agg(pending_changes) from pending_changes), '[]') as changes,
        coalesce((select json_agg(replicas) from replicas), '[]') as replicas`;
    const [answer] = renewal.parse(await this.#query("renew", text, [id, JSON.stringify(acknowledged)]));
    return answer.renewed ? answer : undefined;
  }

  async registered(): Promise<readonly ReplicaMark[]> {
    return z.array(mark).parse(await this.#query("registered", "select id, renewals from replicas", []));
  }

  async wake({ id, subjects }: PendingChange, writer: string): Promise<void> {
    const payload = JSON.stringify({ id, subjects, writer });
    await this.#query(notify.name, notify.text, [changesChannel, payload]);
  }

  async acknowledge(change: string, writer: string, replica: string): Promise<void> {
    await this.#query(notify.name, notify.text, [channelOf(writer), JSON.stringify({ change, replica })]);
  }

  async remove({ id, renewals }: ReplicaMark): Promise<void> {
    await this.#query("remove", "delete from replicas where id = $1 and renewals = $2", [id, renewals]);
  }

  async deregister(id: string): Promise<void> {
    await this.#query("deregister", "delete from replicas where id = $1", [id]);
  }

  async settle(changes: readonly string[]): Promise<void> {
    await this.#query("settle", "delete from pending_changes where id = any($1::text[])", [changes]);
  }

  async listen(id: string, listener: Listener): Promise<void> {
    this.#ear = new Ear(this.#url, channelOf(id), listener);
    await this.#ear.open();
  }

  async close(): Promise<void> {
    // One that was cut off does not even say that it is closed.
    await Promise.race([Promise.all([this.#pool.end(), this.#ear?.close()]), sleep(patienceMs)]);
  }

  async #query(name: string, text: string, values: readonly unknown[]): Promise<readonly unknown[]> {
    return (await this.#pool.query({ name, text, values: [...values] })).rows;
  }
}

/**
 * Hears what other replicas say. A connection that listens may be lost without a word, or go on without listening after
 * the database was restarted, so each renewal says something to ourselves first: silence means to listen anew.
 */
class Ear {
  readonly #url: string;
  readonly #channel: string;
  readonly #listener: Listener;
  #client: pg.Client | undefined;
  #isHeard = false;
  #isOpening = false;

  constructor(url: string, channel: string, listener: Listener) {
    this.#url = url;
    this.#channel = channel;
    this.#listener = listener;
  }

  async open(): Promise<void> {
    this.#isOpening = true;
    const left = this.#client;
    const client = new pg.Client(connectionTo(this.#url));
    this.#client = client;
    // Whatever became of it, it is silent.
    client.on("error", () => {});
    client.on("notification", ({ channel, payload = "" }) => this.#hear(channel, payload));
    try {
      void left?.end().catch(() => {});
      await client.connect();
      await client.query(`listen ${changesChannel}; listen ${this.#channel}`);
      this.#isHeard = true;
    } finally {
      this.#isOpening = false;
    }
  }

  /** Call it with each renewal. */
  check(): void {
    if (!this.#isHeard && !this.#isOpening) {
      // When it fails the next renewal tries again; until then changes are heard of by renewals.
      this.open().catch(() => {});
    }
    this.#isHeard = false;
    this.#client?.query({ ...notify, values: [this.#channel, "null"] }).catch(() => {});
  }

  async close(): Promise<void> {
    await this.#client?.end();
  }

  /** What cannot be read was said by a server of another version; renewals tell of the change all the same. */
  #hear(channel: string, payload: string): void {
    const said: unknown = JSON.parse(payload);
    if (channel === changesChannel) {
      const told = changeMessage.safeParse(said);
      if (told.success) {
        const { writer, ...change } = told.data;
        this.#listener.changed(change, writer);
      }
      return;
    }
    this.#isHeard = true;
    const told = ownMessage.safeParse(said).data ?? null;
    if (told !== null) {
      this.#listener.acknowledged(told.change, told.replica);
    }
  }
}

function connectionTo(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: "keyward replica",
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
    // But for what is said to be durable, nothing on these connections has to outlive a crash of the database.
    options: "-c synchronous_commit=off",
  };
}

function channelOf(id: string): string {
  return `keyward_${id.replaceAll("-", "")}`;
}
