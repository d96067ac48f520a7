import type { Database } from "./database.ts";

/**
 * A statement with placeholders for what differs each time. Drizzle takes longer to put one together than the database to
 * run it, so it is put together once for each connection.
 */
export class Prepared<Statement> {
  readonly #prepare: (database: Database) => Statement;
  readonly #prepared = new WeakMap<Database, Statement>();

  constructor(prepare: (database: Database) => Statement) {
    this.#prepare = prepare;
  }

  /** The statement, to be executed on a database or in a transaction. */
  on(database: Database): Statement {
    let statement = this.#prepared.get(database);
    if (statement === undefined) {
      statement = this.#prepare(database);
      this.#prepared.set(database, statement);
    }
    return statement;
  }
}
