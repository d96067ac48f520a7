import { formatTime } from "../contract/time.ts";
import { ProviderError } from "./plugin/diagnostics.ts";
import { Incomplete } from "./plugin/resource.ts";

/**
 * Completes the state of an object that was just made with what only the server knows of it. When that cannot be read the
 * object is kept in the state beside the error: it exists, and its secret was shown this once.
 */
export async function withCreationTime<State extends { readonly created_at: string | null }>(
  state: State,
  readRow: () => Promise<{ readonly created: number } | undefined>,
): Promise<State | Incomplete<State>> {
  try {
    const row = await readRow();
    return { ...state, created_at: row === undefined ? null : formatTime(row.created) };
  } catch (error) {
    if (error instanceof ProviderError) {
      return new Incomplete(state, error);
    }
    throw error;
  }
}
