import type { z } from "zod";
import type { addressExplanation } from "../../../contract/user-api-keys.ts";

/** What came of trying an address: what decides about it, or what is wrong with it. */
export interface Verdict {
  readonly explanation?: z.output<typeof addressExplanation>;
  readonly fault?: string;
}

/** The verdict in words. */
export function VerdictLine({ verdict }: { readonly verdict: Verdict | undefined }) {
  if (verdict?.explanation === undefined) {
    return null;
  }
  const { address, allowed, entry, reason } = verdict.explanation;
  return (
    <p>
      <span class={allowed ? "badge fine" : "badge over"}>{allowed ? "Passes" : "Refused"}</span>{" "}
      <code>{address}</code>
      {entry === null ? null : (
        <>
          {" "}
          by entry <code>{entry.trim()}</code>
        </>
      )}
      : {reason}.
    </p>
  );
}
