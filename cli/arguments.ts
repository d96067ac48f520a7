import { InvalidArgumentError } from "commander";
import { parseTime } from "../contract/time.ts";

const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Reads a length of time such as `90d`, `48h`, `30m` or `45s`. Answers seconds. */
export function durationSeconds(text: string): number {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  const unit = Object.entries(units).find(([name]) => name === match?.[2])?.[1];
  if (match === null || unit === undefined) {
    throw new InvalidArgumentError("It is a length of time such as 90d, 48h, 30m or 45s.");
  }
  return Number(match[1]) * unit;
}

/** Reads when a key is to end: a length of time from now, an RFC 3339 time, or `never`. Answers epoch seconds. */
export function expirySeconds(text: string): number {
  if (text === "never") {
    return 0;
  }
  if (/^\d+[smhd]$/.test(text)) {
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
