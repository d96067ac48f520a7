import { z } from "zod";

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
