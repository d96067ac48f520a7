import { LRUCache } from "lru-cache";
import pg from "pg";

/** Statements that are kept count of; what a filter makes comes and goes. */
const textsMax = 1000;

/** How often a statement is sent before it is taken for one that will be sent again. */
const timesUntilPrepared = 3;

/** The most that one connection keeps prepared, each a few kilobytes at the database. */
const preparedMax = 200;

/** Such a statement changes nothing, since PostgreSQL lets `with` change rows only where a statement begins with it. */
const reading = /^\s*select\b/i;

/**
 * A connection that has the statements which it sends again and again prepared: reading and planning one takes longer than
 * running it. The library prepares what has a name. A transaction is begun without waiting for the answer.
 */
export class PostgresClient extends pg.Client {
  readonly #times = new LRUCache<string, number>({ max: textsMax });
  readonly #names = new Map<string, string>();
  /** What each name was given to, by us or by who prepared it. */
  readonly #textsOfNames = new Map<string, string>();
  /** The answer to `begin`, while it is on its way or after it has failed. */
  #begun: Promise<unknown> | undefined;
  #sent = 0;

  constructor(config?: pg.ClientConfig) {
    super(config);
    const send = this.query.bind(this);
    // Its overloads cannot be overridden by a method without losing their types for the callers.
    Object.defineProperty(this, "query", {
      value: (statement: unknown, ...rest: unknown[]) =>
        this.#inTurn(statement, () => {
          const named = this.#named(statement);
          this.#requireOwnName(named);
          this.#sent += 1;
          return Reflect.apply(send, this, [named, ...rest]);
        }),
    });
  }

  /** How many statements have been sent. */
  get sent(): number {
    return this.#sent;
  }

  /**
   * Begins a transaction. What reads may be sent before the answer, what writes is not: it would stand outside of a
   * transaction that could not be begun. Where it could not, every statement fails until {@link PostgresClient.rollback}.
   */
  begin(): void {
    const begun = this.query("begin");
    this.#begun = begun;
    begun.then(
      () => {
        this.#begun = undefined;
      },
      () => {},
    );
  }

  /** Commits. Throws where there was nothing left to commit, because a statement had failed. */
  async commit(): Promise<void> {
    const { command } = await this.query("commit");
    if (command !== "COMMIT") {
      throw new Error(`the database answered a commit with ${command}`);
    }
  }

  async rollback(): Promise<void> {
    await this.#begun?.catch(() => {});
    this.#begun = undefined;
    await this.query("rollback");
  }

  #inTurn(statement: unknown, send: () => unknown): unknown {
    const begun = this.#begun;
    if (begun === undefined) {
      return send();
    }
    return isParsed(statement) && reading.test(statement.text)
      ? Promise.all([begun, send()]).then(([, answer]) => answer)
      : begun.then(send);
  }

  /** The library drops such a statement and says so too late, when what was sent behind it may be on its way. */
  #requireOwnName(statement: unknown): void {
    if (isParsed(statement) && typeof statement.name === "string") {
      const text = this.#textsOfNames.get(statement.name);
      if (text !== undefined && text !== statement.text) {
        throw new Error(`two statements are prepared as ${JSON.stringify(statement.name)}`);
      }
      this.#textsOfNames.set(statement.name, statement.text);
    }
  }

  #named(statement: unknown): unknown {
    if (!isParsed(statement) || statement.name !== undefined) {
      return statement;
    }
    const name = this.#names.get(statement.text) ?? this.#nameOften(statement.text);
    return name === undefined ? statement : { ...statement, name };
  }

  #nameOften(text: string): string | undefined {
    const times = (this.#times.get(text) ?? 0) + 1;
    this.#times.set(text, times);
    if (times < timesUntilPrepared || this.#names.size >= preparedMax) {
      return undefined;
    }
    const name = `often ${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }
}

/** A query object has its own way of being sent; one that is only text may hold several statements. */
function isParsed(statement: unknown): statement is { readonly text: string; readonly name?: unknown } {
  return (
    typeof statement === "object" &&
    statement !== null &&
    "text" in statement &&
    typeof statement.text === "string" &&
    !("submit" in statement)
  );
}
