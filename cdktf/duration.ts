import { parseDuration } from "../contract/time.ts";
import { isLate, lateNumber } from "./late.ts";

/**
 * A length of time, such as {@link days | days(90)}. Made by the functions of this file; there is no other way, so that
 * a bare number never stands for an unknown unit.
 */
export class Duration {
  // Private to the class in the type system too, so that no object of the same shape passes for one.
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** As the provider reads it, such as `90d`; may hold a token. */
  get text(): string {
    return this.#text;
  }

  /** Reads a length of time as the provider writes it: `90d`, `720h`, `1h30m`, or a token of one. */
  static parse(text: string): Duration {
    return new Duration(text);
  }

  /** In seconds; undefined where the text is a token, or cannot be read. */
  get seconds(): number | undefined {
    const parsed = isLate(this.text) ? undefined : parseDuration(this.text);
    return parsed?.ok === true ? parsed.seconds : undefined;
  }

  /** What is wrong with it, in words that follow the name of the property. Empty for what is right or not yet known. */
  get faults(): readonly string[] {
    const parsed = isLate(this.text) ? undefined : parseDuration(this.text);
    return parsed?.ok === false ? [`${JSON.stringify(this.text)} ${parsed.problem}`] : [];
  }

  /** As the provider reads it. */
  toString(): string {
    return this.text;
  }
}

/** So many weeks, a whole number or a token of one. */
export function weeks(count: number): Duration {
  return lengthOf(count, "w");
}

/** So many days of 24 hours, a whole number or a token of one. */
export function days(count: number): Duration {
  return lengthOf(count, "d");
}

/** So many hours, a whole number or a token of one. */
export function hours(count: number): Duration {
  return lengthOf(count, "h");
}

/** So many minutes, a whole number or a token of one. */
export function minutes(count: number): Duration {
  return lengthOf(count, "m");
}

/** So many seconds, a whole number or a token of one. */
export function seconds(count: number): Duration {
  return lengthOf(count, "s");
}

function lengthOf(count: number, unit: string): Duration {
  return Duration.parse(`${lateNumber(count)}${unit}`);
}
