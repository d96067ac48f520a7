import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ErrorCode, errorStatuses } from "../contract/errors.ts";
import type { ServerEnvironment } from "./request-log.ts";

/**
 * A failure that the caller is told about. The message is public: it says what is wrong and the way out, starts with
 * the field's name where one is at fault, and never holds a secret.
 */
export class ApiError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The answer for a row or path that is not there, and for one that the caller may not know of: word for word alike. */
export function notFound(): ApiError {
  return new ApiError("not_found", "nothing is there, or it is not yours to see");
}

/**
 * The one place where a failure becomes an answer. What is not an {@link ApiError} is our fault: it is logged with the
 * request's id and answered without its text.
 */
export function answerError(error: unknown, context: Context<ServerEnvironment>): Response {
  const failure = asApiError(error);
  if (failure === undefined) {
    context.var.log.error({ err: error }, "request failed unexpectedly");
    const message = `the server failed; its log has the cause under request ${context.var.requestId}`;
    return context.json({ err: message }, errorStatuses.internal);
  }
  if (failure.code === "unauthorized") {
    // RFC 9110 section 11.6.1: a 401 names a way to authenticate. "Basic" would make browsers open their own prompt.
    context.header("WWW-Authenticate", 'Bearer realm="Keyward"');
  }
  const status: ContentfulStatusCode = errorStatuses[failure.code];
  return context.json({ err: failure.message }, status);
}

function asApiError(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) {
    return error;
  }
  if (!(error instanceof HTTPException)) {
    return undefined;
  }
  switch (error.status) {
    case 400:
      return new ApiError("bad_request", "body: is not JSON; send one JSON object");
    case 415:
      return new ApiError(
        "unsupported_media_type",
        "body: send JSON with the header Content-Type: application/json",
      );
    default:
      return undefined;
  }
}
