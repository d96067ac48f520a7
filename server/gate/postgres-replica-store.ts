import postgres from "postgres";
import { z } from "zod";
import type { Listener, PendingChange, Renewal, ReplicaMark, ReplicaStore } from "./replica-store.ts";

const subject = z
  .templateLiteral([z.enum(["key", "user"]), " ", z.number()])
  .or(z.enum(["unknown keys", "everything"]));
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

/** Two connections: a renewal must not wait for a statement that hangs. */
const connectionsMax = 2;

/**
 * What replicas share, on Postgres, over connections that serve nothing else: a busy pool must not cost the lease. The
 * statements go to the driver itself, which prepares each once; Drizzle has it parsed anew every time, and changes how
 * the client that it is given writes JSON.
 */
export class PostgresReplicaStore implements ReplicaStore {
  readonly #url: string;
  #client: postgres.Sql;
  #ear: Ear | undefined;

  constructor(url: string) {
    this.#url = url;
    this.#client = connect(url, connectionsMax);
  }

  async register(id: string): Promise<void> {
    await this.#client.begin(async (transaction) => {
      // A registration that a crash of the database takes back would let changes pass this replica by.
      await transaction`set local synchronous_commit = on`;
      await transaction`insert into replicas (id, renewals, acknowledged) values (${id}, 0, '[]')`;
    });
  }

  async renew(id: string, acknowledged: readonly string[]): Promise<Renewal | undefined> {
    this.#ear?.check();
    const rows = await this.#client`
      with renewed as (
        update replicas set renewals = renewals + 1, acknowledged = ${JSON.stringify(acknowledged)}::text::jsonb
        where id = ${id} returning 1
      )
      select exists (select from renewed) as renewed,
        coalesce((select json_agg(pending_changes) from pending_changes), '[]') as changes,
        coalesce((select json_agg(replicas) from replicas), '[]') as replicas`;
    const [answer] = renewal.parse([...rows]);
    return answer.renewed ? answer : undefined;
  }

  async publish({ id, subjects }: PendingChange, writer: string): Promise<readonly ReplicaMark[]> {
    const payload = JSON.stringify({ id, subjects, writer });
    // Sent when the statement ends, once however many rows there are: Postgres drops repeated messages of a transaction.
    const rows = await this.#client`
      select id, renewals, pg_notify(${changesChannel}, ${payload}) from replicas`;
    return z.array(mark).parse([...rows]);
  }

  async acknowledge(change: string, writer: string, replica: string): Promise<void> {
    const payload = JSON.stringify({ change, replica });
    await this.#client.notify(channelOf(writer), payload);
  }

  async remove({ id, renewals }: ReplicaMark): Promise<void> {
    await this.#client`delete from replicas where id = ${id} and renewals = ${renewals}`;
  }

  async deregister(id: string): Promise<void> {
    await this.#client`delete from replicas where id = ${id}`;
  }

  async settle(changes: readonly string[]): Promise<void> {
    await this.#client`delete from pending_changes where id = any(${[...changes]}::text[])`;
  }

  async listen(id: string, listener: Listener): Promise<void> {
    this.#ear = new Ear(this.#url, channelOf(id), listener);
    await this.#ear.open();
  }

  async reconnect(): Promise<void> {
    const left = this.#client;
    this.#client = connect(this.#url, connectionsMax);
    await left.end({ timeout: 0 }).catch(() => {});
  }

  async close(): Promise<void> {
    await Promise.all([this.#client.end({ timeout: 1 }), this.#ear?.close()]);
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
  #client: postgres.Sql | undefined;
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
    const client = connect(this.#url, 1);
    this.#client = client;
    try {
      await left?.end({ timeout: 0 });
      await client.listen(changesChannel, (payload) => {
        const { writer, ...told } = changeMessage.parse(JSON.parse(payload));
        this.#listener.changed(told, writer);
      });
      await client.listen(this.#channel, (payload) => {
        this.#isHeard = true;
        const told = ownMessage.parse(JSON.parse(payload));
        if (told !== null) {
          this.#listener.acknowledged(told.change, told.replica);
        }
      });
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
    this.#client?.notify(this.#channel, "null").catch(() => {});
  }

  async close(): Promise<void> {
    await this.#client?.end({ timeout: 1 });
  }
}

function connect(url: string, max: number): postgres.Sql {
  return postgres(url, {
    max,
    onnotice: () => {},
    connect_timeout: 2,
    backoff: () => 0.2,
    // Nothing else on these connections has to outlive a crash of the database, and a renewal should not wait for a disk.
    connection: { application_name: "keyward replica", synchronous_commit: "off" },
  });
}

function channelOf(id: string): string {
  return `keyward_${id.replaceAll("-", "")}`;
}
