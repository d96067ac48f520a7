import { sql } from "drizzle-orm";
import type { Logger } from "pino";
import { logs, userApiKeys, users } from "../../drizzle/schema.ts";
import type { Database } from "../database.ts";

/** When and from where a key or a user was last accepted. */
export interface Login {
  /** Epoch seconds. */
  readonly stamp: number;
  readonly address: string;
  /** Name of the user, for the audit trail. */
  readonly user: string;
}

/** A login with a key, by the public part of its secret. */
export interface KeyLogin extends Login {
  readonly secretId: string;
}

/** A key that was presented and refused. */
export interface KeyRefusal extends KeyLogin {
  readonly reason: string;
}

const flushIntervalMs = 1000;

/** How long the same login is not written to the audit trail again, in seconds. */
const quietSeconds = 3600;

/** The most refusals kept for one flush: a flood of them is one line a key and reason anyway. */
const refusalsMax = 1000;

/**
 * Remembers last logins and writes them behind the requests, coalesced: at most one statement a table and second
 * however busy a key is, because a row written on each request serialises all requests of that key. Readers see a
 * login at most a second late; a killed process loses at most that second, a stopped one nothing.
 *
 * The audit trail gets a line when a key or a user logs in from another address than last time or after an hour's
 * silence, and one for each key, reason and second that it is refused.
 */
export class LoginRecorder {
  readonly #database: Database;
  readonly #logger: Logger;
  #keys = new Map<number, KeyLogin>();
  #users = new Map<number, Login>();
  #refusals = new Map<string, KeyRefusal>();
  #timer: NodeJS.Timeout | undefined;
  /** Resolves when the last write that was asked for is done; it never rejects. */
  #written: Promise<void> = Promise.resolve();

  constructor(database: Database, logger: Logger) {
    this.#database = database;
    this.#logger = logger;
  }

  /** Notes that the key with this row key was accepted. */
  recordKey(key: number, login: KeyLogin): void {
    this.#keys.set(key, login);
    this.#schedule();
  }

  /** Notes that the user with this row key gave its password. */
  recordUser(key: number, login: Login): void {
    this.#users.set(key, login);
    this.#schedule();
  }

  /** Notes that the key with this row key was refused, to a caller who knows its public id. */
  recordRefusal(key: number, refusal: KeyRefusal): void {
    if (this.#refusals.size < refusalsMax) {
      this.#refusals.set(`${key} ${refusal.reason}`, refusal);
      this.#schedule();
    }
  }

  /** Writes what is noted now, after what is being written already. Call it before the database is closed. */
  flush(): Promise<void> {
    this.#written = this.#written.then(() => this.#write());
    return this.#written;
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const keys = this.#keys;
    const people = this.#users;
    const refusals = this.#refusals;
    this.#keys = new Map();
    this.#users = new Map();
    this.#refusals = new Map();
    try {
      await this.#database.transaction(async (transaction) => {
        await writeKeyLogins(transaction, keys);
        await writeUserLogins(transaction, people);
        await writeRefusals(transaction, refusals);
      });
    } catch (error) {
      this.#logger.warn({ err: error }, "last logins could not be written; they are tried again");
      // What came in meanwhile is newer and wins.
      this.#keys = new Map([...keys, ...this.#keys]);
      this.#users = new Map([...people, ...this.#users]);
      this.#refusals = new Map([...refusals, ...this.#refusals]);
      this.#schedule();
    }
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => void this.flush(), flushIntervalMs).unref();
  }
}

/** The comparison keeps time from running backwards when another replica wrote a later login first. */
async function writeKeyLogins(transaction: Database, logins: ReadonlyMap<number, KeyLogin>): Promise<void> {
  if (logins.size === 0) {
    return;
  }
  const rows = [...logins].map(
    ([key, { stamp, address, user, secretId }]) =>
      sql`(${key}::bigint, ${stamp}::bigint, ${address}::text, ${user}::text, ${secretId}::text)`,
  );
  const login = sql`(values ${sql.join(rows, sql`, `)}) as login (key, stamp, address, name, secret_id)`;
  await transaction.execute(sql`
    insert into ${logs} (level, timestamp, "user", address, object_type, object_name, text)
    select 'audit', login.stamp * 1000000, login.name, login.address, 'user', login.name,
      'logged in with API key ' || login.secret_id
    from ${login} join ${userApiKeys} on ${userApiKeys.key} = login.key
    where ${userApiKeys.lastloginIp} <> login.address or ${userApiKeys.lastloginStamp} < login.stamp - ${quietSeconds}::bigint`);
  await transaction.execute(sql`
    update ${userApiKeys} set lastlogin_stamp = login.stamp, lastlogin_ip = login.address
    from ${login}
    where ${userApiKeys.key} = login.key and ${userApiKeys.lastloginStamp} <= login.stamp`);
}

async function writeUserLogins(transaction: Database, logins: ReadonlyMap<number, Login>): Promise<void> {
  if (logins.size === 0) {
    return;
  }
  const rows = [...logins].map(
    ([key, { stamp, address, user }]) =>
      sql`(${key}::bigint, ${stamp}::bigint, ${address}::text, ${user}::text)`,
  );
  const login = sql`(values ${sql.join(rows, sql`, `)}) as login (key, stamp, address, name)`;
  await transaction.execute(sql`
    insert into ${logs} (level, timestamp, "user", address, object_type, object_name, text)
    select 'audit', login.stamp * 1000000, login.name, login.address, 'user', login.name, 'logged in with a password'
    from ${login} join ${users} on ${users.key} = login.key
    where ${users.lastLogin} < login.stamp - ${quietSeconds}::bigint`);
  await transaction.execute(sql`
    update ${users} set last_login = login.stamp
    from ${login}
    where ${users.key} = login.key and ${users.lastLogin} <= login.stamp`);
}

async function writeRefusals(
  transaction: Database,
  refusals: ReadonlyMap<string, KeyRefusal>,
): Promise<void> {
  const rows = [...refusals.values()].map(({ stamp, address, user, secretId, reason }) => ({
    level: "warning" as const,
    timestamp: stamp * 1_000_000,
    user,
    address,
    objectType: "user" as const,
    objectName: user,
    text: `refused API key ${secretId}: ${reason}`,
  }));
  if (rows.length > 0) {
    await transaction.insert(logs).values(rows);
  }
}
