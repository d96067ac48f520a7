import { Interrupted, NoAnswer, RequestRefused } from "../client/errors.ts";
import { ProviderError } from "./plugin/diagnostics.ts";

/**
 * Runs a call to the server and says what failed in the user's terms: what was attempted, the server's own words, and
 * the attribute they are about. `attributes` names the attribute for a field where the two differ.
 */
export async function attempt<T>(
  action: string,
  call: () => Promise<T>,
  attributes: Readonly<Record<string, string>> = {},
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof RequestRefused) {
      throw refusal(action, error, attributes);
    }
    if (error instanceof Interrupted) {
      throw new ProviderError(`Stopped before it could ${action}`, {
        detail: "The run was stopped. Run it again to go on from here.",
        cause: error,
      });
    }
    if (error instanceof NoAnswer) {
      throw new ProviderError(`Could not ${action}: no usable answer from the server`, {
        detail: `${sentence(error.message)} Check the provider's endpoint, and that the server is up.`,
        cause: error,
      });
    }
    throw error;
  }
}

/**
 * Whether a call that failed may have been done all the same: its answer was lost, or something between the server and us
 * answered in its place.
 */
export function mayBeDone(error: unknown): boolean {
  return error instanceof NoAnswer || (error instanceof RequestRefused && error.status >= 500);
}

function refusal(
  action: string,
  error: RequestRefused,
  attributes: Readonly<Record<string, string>>,
): ProviderError {
  const advice = error.status === 401 ? " Check the provider's token, or its username and password." : "";
  const detail = sentence(error.message) + advice;
  const summary = `Could not ${action}: ${meaning(error.status)}`;
  const field = error.field;
  if (field === undefined || field === "body") {
    return new ProviderError(summary, { detail, cause: error });
  }
  return new ProviderError(summary, { detail, attribute: attributes[field] ?? field, cause: error });
}

function meaning(status: number): string {
  switch (status) {
    case 401:
      return "the server does not accept the credentials";
    case 403:
      return "the credentials do not have the right to";
    case 409:
      return "it is there already";
    case 422:
      return "the server does not accept a value";
    default:
      return `the server answered with status ${status}`;
  }
}

/** Servers write fragments; diagnostics are sentences. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
