import { QueryError, type QueryParameter } from "./query-error.ts";

/** The longest text of one parameter, in characters. */
const textMax = 8192;

const blank = /\s*/y;
const word = /[A-Za-z_$][\w$.-]*/y;

/** Reads a query parameter from left to right, and knows where it is when something is wrong. */
export class Reader {
  readonly text: string;
  readonly parameter: QueryParameter;
  position = 0;

  constructor(parameter: QueryParameter, text: string) {
    this.parameter = parameter;
    this.text = text;
    if (text.length > textMax) {
      throw new QueryError(parameter, textMax + 1, `is longer than ${textMax} characters`);
    }
  }

  /** The place of what comes next, from 1, after blanks. */
  get column(): number {
    this.match(blank);
    return this.position + 1;
  }

  /** The next character after blanks; "" at the end. */
  get next(): string {
    this.match(blank);
    return this.text.charAt(this.position);
  }

  /** Takes the character if it is what comes next. */
  take(character: string): boolean {
    const isNext = this.next === character;
    this.position += isNext ? 1 : 0;
    return isNext;
  }

  /** Takes the character, which must come next. */
  expect(character: string): void {
    if (!this.take(character)) {
      throw this.unexpected(JSON.stringify(character));
    }
  }

  /** The word that comes next, without taking it; "" when there is none. */
  peekWord(): string {
    this.match(blank);
    const start = this.position;
    const found = this.match(word);
    this.position = start;
    return found;
  }

  /** Takes the word that comes next; "" when there is none. */
  takeWord(): string {
    this.match(blank);
    return this.match(word);
  }

  /** Takes what a sticky expression matches here; "" when it does not match. */
  match(sticky: RegExp): string {
    sticky.lastIndex = this.position;
    const found = sticky.exec(this.text)?.[0] ?? "";
    this.position += found.length;
    return found;
  }

  /** The error for something else than what was expected here. */
  unexpected(expected: string): QueryError {
    const { column } = this;
    const rest = this.text.slice(this.position);
    const found = rest === "" ? "the end" : JSON.stringify(this.peekWord() || rest.charAt(0));
    return this.error(`expected ${expected}, found ${found}`, column);
  }

  /** The error for something wrong at a place, or here. */
  error(problem: string, column = this.column): QueryError {
    return new QueryError(this.parameter, column, problem);
  }
}
