import { Interrupted } from "../client/errors.ts";
import { ProviderError } from "./plugin/diagnostics.ts";
import { Incomplete } from "./plugin/resource.ts";

/**
 * Completes the state of an object that was just made with what only the server knows of it. When that cannot be read the
 * object is kept in the state beside the error: it exists, and its secret was shown this once. That the run was stopped
 * meanwhile is no fault of the object, which an error would have replaced; the next read completes it.
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
    const problem = asProblem(error);
    return problem.cause instanceof Interrupted ? state : new Incomplete(state, problem);
  }
}

/**
 * What went wrong after an object was made, as an error that the object can be kept beside. Also of a defect, which would
 * lose the object otherwise; its text may quote a secret and is withheld.
 */
export function asProblem(error: unknown): ProviderError {
  return error instanceof ProviderError
    ? error
    : new ProviderError("The provider failed unexpectedly after the change was made", {
        detail: "What was made is kept in the state. This is a defect of the provider; please report it.",
        cause: error,
      });
}
