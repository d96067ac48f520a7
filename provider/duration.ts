import { parseDuration, parseTime } from "../contract/time.ts";
import type { Problem } from "./plugin/schema.ts";

/** Checks a length of time; the sentence quotes it. */
export function checkDuration(text: string): Problem {
  const duration = parseDuration(text);
  if (duration.ok) {
    return null;
  }
  const { problem } = duration;
  return `The value ${JSON.stringify(text)} ${problem}${problem.endsWith("?") ? "" : "."}`;
}

/** Seconds of a length of time that was validated. */
export function durationSeconds(text: string): number {
  const duration = parseDuration(text);
  return duration.ok ? duration.seconds : 0;
}

/** Whether two lengths of time are the same, such as `48h` and `2d`. */
export function sameDuration(left: string, right: string): boolean {
  const [one, other] = [parseDuration(left), parseDuration(right)];
  return one.ok && other.ok && one.seconds === other.seconds;
}

/** Epoch seconds of a time that was validated; -1 for one that cannot be read, which equals none. */
export function secondsOf(text: string): number {
  const time = parseTime(text);
  return time.ok ? time.seconds : -1;
}
