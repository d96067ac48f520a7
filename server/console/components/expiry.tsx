import { formatTime } from "../../../contract/time.ts";
import { ExactLine, exactTime, relativeTime } from "./time.tsx";

/** From how many days before its end on a key is marked. */
const soonDays = 14;

const day = 86_400;

/** How a key stands with its end, in words; colour only repeats what they say. Times in epoch seconds, 0 for never. */
function expiryOf(
  expires: number,
  nowSeconds: number,
): { tone: "quiet" | "plain" | "soon" | "over"; text: string } {
  if (expires === 0) {
    return { tone: "quiet", text: "Never" };
  }
  const left = expires - nowSeconds;
  if (left <= 0) {
    return { tone: "over", text: `Expired ${relativeTime(expires, nowSeconds)}` };
  }
  // Whole days: a key that is said to have nine left must not end on the ninth.
  const days = Math.floor(left / day);
  const text = days < 3 ? hours(left) : `${days} days left`;
  return left < soonDays * day ? { tone: "soon", text: `Expires soon: ${text}` } : { tone: "plain", text };
}

function hours(seconds: number): string {
  const count = Math.floor(seconds / 3600);
  return count < 1 ? "under an hour left" : `${count} ${count === 1 ? "hour" : "hours"} left`;
}

/** The end of a key, as a table shows it. */
export function Expiry({ expires, now }: { readonly expires: number; readonly now: number }) {
  const { tone, text } = expiryOf(expires, now);
  if (expires === 0) {
    return <span class="quiet">{text}</span>;
  }
  return (
    <time
      class={tone === "plain" ? "" : `badge ${tone}`}
      datetime={formatTime(expires)}
      title={exactTime(expires)}
      data-zoned="title"
    >
      {text}
      <span class="visually-hidden">
        , <span data-exact>{exactTime(expires)}</span>
      </span>
    </time>
  );
}

/** The same on the key's own page, with the exact time below it. */
export function ExpiryInFull({ expires, now }: { readonly expires: number; readonly now: number }) {
  const { tone, text } = expiryOf(expires, now);
  return expires === 0 ? (
    <span class="quiet">{text}</span>
  ) : (
    <time datetime={formatTime(expires)} data-zoned="text">
      <span class={tone === "plain" ? "" : `badge ${tone}`}>{text}</span>
      <ExactLine seconds={expires} />
    </time>
  );
}
