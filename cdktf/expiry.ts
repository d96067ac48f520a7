import { formatTime, parseTime } from "../contract/time.ts";
import type { Duration } from "./duration.ts";
import { isLate } from "./late.ts";

/** When a key ends. Made by {@link Expiry.after}, {@link Expiry.at} or {@link Expiry.never}: always one, never two. */
export class Expiry {
  // Private to the class in the type system too, so that no object of the same shape passes for one.
  readonly #time: string | undefined;
  readonly #duration: Duration | undefined;

  private constructor(time: string | undefined, duration: Duration | undefined) {
    this.#time = time;
    this.#duration = duration;
  }

  /** The time, an RFC 3339 text or a token of one; undefined for the other kinds. */
  get time(): string | undefined {
    return this.#time;
  }

  /** The length of time from the apply that makes or rotates the key; undefined for the other kinds. */
  get duration(): Duration | undefined {
    return this.#duration;
  }

  /** So long after the apply that makes the key, and again after each that rotates it: `Expiry.after(days(90))`. */
  static after(duration: Duration): Expiry {
    return new Expiry(undefined, duration);
  }

  /**
   * At a fixed time: a date, an RFC 3339 text such as `2027-01-31T00:00:00Z`, or a token of one. Do not count it from now:
   * that would be another time on each synthesis. For that there is {@link Expiry.after}.
   */
  static at(time: Date | string): Expiry {
    return new Expiry(typeof time === "string" ? time : textOf(time), undefined);
  }

  /** Never: the key is good until somebody deletes it. */
  static never(): Expiry {
    return new Expiry(undefined, undefined);
  }

  /** What is wrong with it, in words that follow the name of the property. Empty for what is right or not yet known. */
  get faults(): readonly string[] {
    if (this.duration !== undefined) {
      const isOver = this.duration.seconds === 0;
      return [
        ...this.duration.faults,
        ...(isOver
          ? [`"${this.duration}" would end the key as it is made; write days(90), for instance`]
          : []),
      ];
    }
    const parsed = this.time === undefined || isLate(this.time) ? undefined : parseTime(this.time);
    return parsed?.ok === false ? [`${JSON.stringify(this.time)} ${parsed.problem}`] : [];
  }
}

/** Dates count milliseconds and keys seconds: what is between two seconds ends at the earlier. */
function textOf(date: Date): string {
  const ms = date.getTime();
  return Number.isNaN(ms) ? "Invalid Date" : formatTime(Math.floor(ms / 1000));
}
