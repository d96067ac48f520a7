import { ProviderError } from "./plugin/diagnostics.ts";
import { Incomplete } from "./plugin/resource.ts";

/**
 * Completes the state of an object that was just made with what only the server knows of it. When that cannot be read the
 * object is kept in the state beside the error: it exists, and its secret was shown this once.
 */
export async function completed<State, Row>(
  state: State,
  readRow: () => Promise<Row | undefined>,
  complete: (row: Row) => State,
): Promise<State | Incomplete<State>> {
  try {
    const row = await readRow();
    return row === undefined ? state : complete(row);
  } catch (error) {
    if (error instanceof ProviderError) {
      return new Incomplete(state, error);
    }
    throw error;
  }
}
