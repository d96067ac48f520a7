import { formatTime } from "../../../contract/time.ts";

const steps = [
  { unit: "year", seconds: 31_536_000 },
  { unit: "month", seconds: 2_592_000 },
  { unit: "day", seconds: 86_400 },
  { unit: "hour", seconds: 3600 },
  { unit: "minute", seconds: 60 },
] as const;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });

/** How far a time is away, such as "in 12 days" or "3 hours ago". Both in epoch seconds. */
export function relativeTime(seconds: number, nowSeconds: number): string {
  const distance = seconds - nowSeconds;
  const step = steps.find((candidate) => Math.abs(distance) >= candidate.seconds);
  return step === undefined
    ? distance <= 0
      ? "just now"
      : "in a moment"
    : relative.format(Math.round(distance / step.seconds), step.unit);
}

const exact = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "medium",
  timeStyle: "short",
  timeZone: "UTC",
});

/** A time in full, in UTC; the script writes it in the viewer's zone. */
export function exactTime(seconds: number): string {
  return `${exact.format(seconds * 1000)} UTC`;
}

/**
 * A time as people count it, with the exact one on hover and for assistive technology. What is seen is the same in every
 * zone, so that nothing moves when the script puts the exact one into the viewer's.
 */
export function RelativeTime({ seconds, now }: { readonly seconds: number; readonly now: number }) {
  return (
    <time datetime={formatTime(seconds)} title={exactTime(seconds)} data-zoned="title">
      {relativeTime(seconds, now)}
      <span class="visually-hidden">
        , <span data-exact>{exactTime(seconds)}</span>
      </span>
    </time>
  );
}

/**
 * How far a time is away, and below it the exact one on a line of its own: the script writes that in the viewer's zone, and
 * nothing may move then.
 */
export function ExactTime({ seconds, now }: { readonly seconds: number; readonly now: number }) {
  return (
    <time datetime={formatTime(seconds)} data-zoned="text">
      {relativeTime(seconds, now)}
      <ExactLine seconds={seconds} />
    </time>
  );
}

/** The exact time alone, on its own line within a `time` that is marked as zoned. */
export function ExactLine({ seconds }: { readonly seconds: number }) {
  return (
    <span class="exact" data-exact>
      {exactTime(seconds)}
    </span>
  );
}
