import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";

/**
 * Every way a request can fail, with its HTTP status: the one list that the server throws from and the client reads.
 * Statuses follow the VergeOS v4 API: 401 login required, 403 permission denied, 409 row exists, 422 failed validation.
 */
export const errorStatuses = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  precondition_failed: 412,
  payload_too_large: 413,
  unsupported_media_type: 415,
  invalid: 422,
  too_many_requests: 429,
  internal: 500,
  bad_gateway: 502,
  unavailable: 503,
  gateway_timeout: 504,
} as const;

/** The name of a failure; see {@link errorStatuses} for the status that each one is answered with. */
export type ErrorCode = keyof typeof errorStatuses;

/** What each failure means, for the documentation. */
export const errorDescriptions: Readonly<Record<ErrorCode, string>> = {
  bad_request: "The body is not JSON, or a header cannot be read.",
  unauthorized: "Login required: the credentials are missing, wrong, expired or of a disabled user.",
  forbidden: "The caller may not do this, or the key may not be used from this address.",
  not_found: "There is no such row or model, or it is not the caller's to see.",
  method_not_allowed: "The path exists, the method on it does not; `Allow` names those that do.",
  conflict: "There is such a row already.",
  precondition_failed: "The row has changed since the ETag in If-Match was read.",
  payload_too_large: "The body is larger than 1 MiB (of a login 16 KiB, of a chat 32 MiB).",
  unsupported_media_type: "The body is not called application/json.",
  invalid: "A field or a parameter is wrong; the text starts with its name.",
  too_many_requests: "Too many wrong passwords; `Retry-After` says how many seconds to wait.",
  internal: "The server failed; the text names the request in its log.",
  bad_gateway: "The upstream cannot be reached, or refuses this server's own key.",
  gateway_timeout: "The upstream did not begin to answer in time.",
  unavailable:
    "The database does not answer, so nothing can be decided, or too many large bodies are being worked on; `Retry-After` says how many seconds to wait.",
};

/**
 * The body of every answer with a status of 400 or more. A validation error starts with the name of the field at
 * fault and a colon, so that a client can point at it.
 */
export const errorBody = z.object({ err: z.string() }).meta({ id: "Error" });

/** The failures that an endpoint can answer with, as far as its shape tells. */
export function errorsOf({ method, path, request }: Endpoint): ErrorCode[] {
  const isLogin = path === "/api/sys/tokens";
  const isAi = path.startsWith("/v1/");
  const needsLogin = /^\/(api|auth|sys)\//.test(path) || path === "/version.json" || isAi;
  const hasBody = request?.body !== undefined;
  const isTable = path.startsWith("/api/v4/");
  const applies: Readonly<Record<ErrorCode, boolean>> = {
    bad_request: hasBody || request?.headers !== undefined,
    unauthorized: needsLogin,
    forbidden: needsLogin,
    not_found:
      request?.params !== undefined ||
      path.endsWith("_actions") ||
      path.startsWith("/registry/") ||
      path === "/v1/chat/completions",
    method_not_allowed: isTable && method !== "get",
    conflict: isTable && hasBody,
    precondition_failed: request?.headers?.shape["If-Match"] !== undefined,
    payload_too_large: true,
    unsupported_media_type: hasBody,
    invalid: hasBody || request?.query !== undefined,
    too_many_requests: needsLogin || isLogin,
    internal: true,
    bad_gateway: path === "/v1/chat/completions",
    gateway_timeout: path === "/v1/chat/completions",
    unavailable: needsLogin || path === "/readyz",
  };
  const codes = Object.keys(errorStatuses).filter((code): code is ErrorCode => code in errorStatuses);
  return codes.filter((code) => applies[code]);
}
