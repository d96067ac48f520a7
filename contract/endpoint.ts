import { z } from "zod";

/** What an endpoint takes and answers, in OpenAPI's words, as plain data: the server mounts it, the client calls it. */
export interface Endpoint {
  /** A name of its own among all endpoints. */
  readonly operationId: string;
  readonly method: "get" | "post" | "put" | "delete";
  /** Parameters stand in braces. */
  readonly path: string;
  /** A line for people who read the documentation. */
  readonly summary: string;
  readonly request?: {
    readonly params?: z.ZodObject;
    readonly query?: z.ZodObject;
    readonly headers?: z.ZodObject;
    readonly body?: Body;
  };
  /** The one answer of success, by its status. */
  readonly responses: Readonly<Record<number, Answer>>;
}

interface Body {
  readonly required: boolean;
  readonly content: { readonly "application/json": { readonly schema: z.ZodType } };
}

interface Answer {
  readonly description: string;
  readonly headers?: z.ZodObject;
  readonly content: Readonly<Record<string, { readonly schema: z.ZodType }>>;
}

/** The path parameter of a row. Any string is let through, because an impossible key is a row that is not there: 404. */
export const rowParams = z.object({ key: z.string().describe("Key of the row.") });

/** An answer with a JSON body, in OpenAPI's words. */
export function jsonAnswer<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { "application/json": { schema } } } as const;
}

/** An answer whose body is an empty object: VergeOS answers changes with a body and some clients parse it. */
export function emptyAnswer(description: string) {
  return jsonAnswer(description, z.object({}));
}

/** A JSON request body that must be there; without `required` a request with no body at all would pass as `{}`. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { "application/json": { schema } } } as const;
}

/** A JSON request body that may be left out, which means the same as `{}`. */
export function optionalJsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: false, content: { "application/json": { schema } } } as const;
}

/** Makes the request conditional: it is done only if the row still has this ETag (RFC 9110, section 13.1.1). */
export const ifMatch = z.object({
  "If-Match": z.string().optional().describe("Do it only if the row still has this ETag; else 412."),
});

/** Names the version of the row that an answer shows. */
export const etag = z.object({
  ETag: z.string().describe("Version of the row, for If-Match. Last logins do not change it."),
});

/** Makes a retry safe: within 24 hours the same value gets the first answer again, secret included. */
export const idempotencyKey = z.object({
  "Idempotency-Key": z
    .string()
    .optional()
    .describe("16 to 255 visible ASCII characters, such as a UUID. A retry gets the first answer."),
});
