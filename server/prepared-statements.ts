import { LRUCache } from "lru-cache";
import pg from "pg";

/** Statements that are kept count of; what a filter makes comes and goes. */
const textsMax = 1000;

/** How often a statement is sent before it is taken for one that will be sent again. */
const timesUntilPrepared = 3;

/** The most that one connection keeps prepared, each a few kilobytes at the database. */
const preparedMax = 200;

/**
 * A connection that has the statements which it sends again and again prepared: reading and planning one takes longer than
 * running it, and a change is ten of them. The library prepares what has a name.
 */
export class PreparingClient extends pg.Client {
  readonly #times = new LRUCache<string, number>({ max: textsMax });
  readonly #names = new Map<string, string>();

  constructor(config?: pg.ClientConfig) {
    super(config);
    const send = this.query.bind(this);
    // Its overloads cannot be overridden by a method without losing their types for the callers.
    Object.defineProperty(this, "query", {
      value: (statement: unknown, ...rest: unknown[]) =>
        Reflect.apply(send, this, [this.#named(statement), ...rest]),
    });
  }

  #named(statement: unknown): unknown {
    if (!isUnnamed(statement)) {
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
function isUnnamed(statement: unknown): statement is { readonly text: string } {
  return (
    typeof statement === "object" &&
    statement !== null &&
    "text" in statement &&
    typeof statement.text === "string" &&
    !("submit" in statement) &&
    (!("name" in statement) || statement.name === undefined)
  );
}
