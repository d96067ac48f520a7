import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ErrorCode, errorStatuses } from "../contract/errors.ts";
import { isDatabaseLost } from "./database.ts";
import type { ServerEnvironment } from "./request-log.ts";

/** What a caller is told of a failure. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** Sent with the answer, such as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A failure that the caller is told about. The message is public: it says what is wrong and the way out, starts with
 * the field's name where one is at fault, and never holds a secret.
 */
export class ApiError extends Error implements Failure {
  readonly code: ErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }
}

/** One thing that is wrong with what a caller sent. */
export interface Fault {
  /** The way to the field, its steps joined by dots, such as `ip_allow_entries.2.address`; empty for the whole. */
  readonly field: string;
  /** What is wrong with it, without its name. */
  readonly message: string;
}

/** What a caller sent breaks its schema: every fault, for those who show each one where it belongs. */
export class InvalidInput extends ApiError {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const named = faults.map(({ field, message }) => `${field === "" ? "body" : field}: ${message}`);
    super("invalid", named.join("; "));
    this.faults = faults;
  }
}

/** The answer for a row or path that is not there, and for one that the caller may not know of: word for word alike. */
export function notFound(): ApiError {
  return new ApiError("not_found", "nothing is there, or it is not yours to see");
}

/** The answer when the database does not answer: a caller may try again, and a gateway must not let the request through. */
export function unavailable(): ApiError {
  return new ApiError("unavailable", "the database does not answer; try again", { "Retry-After": "1" });
}

/**
 * The one place where a failure becomes an answer. What is not an {@link ApiError} is our fault: it is logged with the
 * request's id and answered without its text.
 */
export function answerError(error: unknown, context: Context<ServerEnvironment>): Response {
  if (isDatabaseLost(error)) {
    context.var.log.warn({ err: error }, "the database was lost in the middle of a request");
    return answerFailure(unavailable(), context);
  }
  if (!(error instanceof ApiError) && context.req.raw.signal.aborted) {
    context.var.log.info({ err: error }, "the caller left before it was answered");
    return answerFailure({ code: "bad_request", message: "the request ended before it was whole" }, context);
  }
  if (!(error instanceof ApiError)) {
    context.var.log.error({ err: error }, "request failed unexpectedly");
    const message = `the server failed; its log has the cause under request ${context.var.requestId}`;
    return context.json({ err: message }, errorStatuses.internal);
  }
  return answerFailure(error, context);
}

/** The answer to a failure that the caller is told about. */
export function answerFailure(
  { code, message, headers }: Failure,
  context: Context<ServerEnvironment>,
): Response {
  if (code === "unauthorized") {
    // RFC 9110 section 11.6.1: a 401 names a way to authenticate. "Basic" would make browsers open their own prompt.
    context.header("WWW-Authenticate", 'Bearer realm="Keyward"');
  }
  for (const [name, value] of Object.entries(headers ?? {})) {
    context.header(name, value);
  }
  const status: ContentfulStatusCode = errorStatuses[code];
  // OpenAI's clients look for their own shape, and show "no body" without it.
  const error = context.req.path.startsWith("/v1/") ? { error: { message, type: code } } : {};
  return context.json({ err: message, ...error }, status);
}
