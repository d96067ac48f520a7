import { z } from "zod";

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
  payload_too_large: 413,
  unsupported_media_type: 415,
  invalid: 422,
  internal: 500,
} as const;

/** The name of a failure; see {@link errorStatuses} for the status that each one is answered with. */
export type ErrorCode = keyof typeof errorStatuses;

/**
 * The body of every answer with a status of 400 or more. A validation error starts with the name of the field at
 * fault and a colon, so that a client can point at it.
 */
export const errorBody = z.object({ err: z.string() }).meta({ id: "Error" });
