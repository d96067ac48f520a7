import { sql } from "drizzle-orm";
import type { Logger } from "pino";
import { userApiKeys, users } from "../../drizzle/schema.ts";
import type { Database } from "../database.ts";

/** When and from where a key or a user was last accepted. */
interface Login {
  /** Epoch seconds. */
  readonly stamp: number;
  readonly address: string;
}

const flushIntervalMs = 1000;

/**
 * Remembers last logins and writes them behind the requests, coalesced: at most one statement a table and second
 * however busy a key is, because a row written on each request serialises all requests of that key. Readers see a
 * login at most a second late; a killed process loses at most that second, a stopped one nothing.
 */
export class LoginRecorder {
  readonly #database: Database;
  readonly #logger: Logger;
  #keys = new Map<number, Login>();
  #users = new Map<number, Login>();
  #timer: NodeJS.Timeout | undefined;

  constructor(database: Database, logger: Logger) {
    this.#database = database;
    this.#logger = logger;
  }

  /** Notes that the key with this row key was accepted. */
  recordKey(key: number, login: Login): void {
    this.#keys.set(key, login);
    this.#schedule();
  }

  /** Notes that the user with this row key gave its password. */
  recordUser(key: number, login: Login): void {
    this.#users.set(key, login);
    this.#schedule();
  }

  /** Writes what is noted now. Call it before the database is closed. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const keys = this.#keys;
    const people = this.#users;
    this.#keys = new Map();
    this.#users = new Map();
    try {
      await writeKeyLogins(this.#database, keys);
      await writeUserLogins(this.#database, people);
    } catch (error) {
      this.#logger.warn({ err: error }, "last logins could not be written; they are tried again");
      // What came in meanwhile is newer and wins.
      this.#keys = new Map([...keys, ...this.#keys]);
      this.#users = new Map([...people, ...this.#users]);
      this.#schedule();
    }
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => void this.flush(), flushIntervalMs).unref();
  }
}

/** The comparison keeps time from running backwards when another replica wrote a later login first. */
async function writeKeyLogins(database: Database, logins: ReadonlyMap<number, Login>): Promise<void> {
  if (logins.size > 0) {
    await database.execute(sql`
      update ${userApiKeys} set lastlogin_stamp = login.stamp, lastlogin_ip = login.address
      from (values ${values(logins)}) as login (key, stamp, address)
      where ${userApiKeys.key} = login.key and ${userApiKeys.lastloginStamp} <= login.stamp`);
  }
}

async function writeUserLogins(database: Database, logins: ReadonlyMap<number, Login>): Promise<void> {
  if (logins.size > 0) {
    await database.execute(sql`
      update ${users} set last_login = login.stamp
      from (values ${values(logins)}) as login (key, stamp, address)
      where ${users.key} = login.key and ${users.lastLogin} <= login.stamp`);
  }
}

function values(logins: ReadonlyMap<number, Login>) {
  const rows = [...logins].map(
    ([key, login]) => sql`(${key}::bigint, ${login.stamp}::bigint, ${login.address}::text)`,
  );
  return sql.join(rows, sql`, `);
}
