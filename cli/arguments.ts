import { InvalidArgumentError } from "commander";
import { parseDuration, parseTime } from "../contract/time.ts";

/** Reads a length of time such as `90d`, `48h` or `1h30m`. Answers seconds. */
export function durationSeconds(text: string): number {
  const duration = parseDuration(text);
  if (!duration.ok) {
    throw new InvalidArgumentError(`It ${duration.problem}.`);
  }
  return duration.seconds;
}

/** Reads when a key is to end: a length of time from now, an RFC 3339 time, or `never`. Answers epoch seconds. */
export function expirySeconds(text: string): number {
  if (text === "never") {
    return 0;
  }
  if (/^[\dwdhms]+$/.test(text)) {
    return Math.floor(Date.now() / 1000) + durationSeconds(text);
  }
  const time = parseTime(text);
  if (!time.ok) {
    throw new InvalidArgumentError(`It ${time.problem}; or a length of time such as 90d, or never.`);
  }
  return time.seconds;
}

/** Takes one more entry of a list. */
export function collect(entry: string, entries: readonly string[]): readonly string[] {
  return [...entries, entry];
}
