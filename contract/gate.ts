import { z } from "zod";
import { jsonAnswer } from "./endpoint.ts";
import { rights } from "./permissions.ts";
import { rowKey } from "./row.ts";

/** What may be asked beside whether the key may pass at all. */
export const verifyQuery = z
  .strictObject({
    table: z
      .string()
      .min(1, "must not be empty")
      .max(128, "must be at most 128 characters")
      .optional()
      .describe("Pass only if the key's user holds the right `action` on this table."),
    action: z
      .enum(rights, { error: `must be one of ${rights.join(", ")}` })
      .optional()
      .describe("The right; needs `table`, which needs it."),
    row: z.coerce
      .number()
      .int("must be a whole number")
      .min(1, "must be the key of a row")
      .optional()
      .describe("The row of `table` that the right is asked for; the whole table when it is left out."),
  })
  .refine((query) => (query.table === undefined) === (query.action === undefined), {
    path: ["action"],
    error: "table and action go together",
  })
  .refine((query) => query.row === undefined || query.table !== undefined, {
    path: ["row"],
    error: "needs table and action",
  });

/** Whose key it is that may pass. */
export const passedKey = z
  .object({
    user: z.object({ $key: rowKey, name: z.string() }),
    api_key: z.object({
      $key: rowKey,
      name: z.string(),
      secret_id: z.string(),
      expires: z.number().describe("Epoch seconds; 0 for never."),
    }),
    groups: z.array(z.string()).describe("Enabled groups that the user is in, directly or through others."),
  })
  .meta({ id: "PassedKey" });

/** The same for gateways, which copy headers to the request they let through. */
const identityHeaders = z.object({
  "X-Keyward-User": z
    .string()
    .describe(
      "Name of the user; what is not visible ASCII, percent signs, commas and outer blanks are percent-encoded.",
    ),
  "X-Keyward-User-Id": z.string().describe("Row key of the user."),
  "X-Keyward-Key": z.string().describe("Name of the key, encoded alike."),
  "X-Keyward-Key-Id": z.string().describe("The public id within the key's secret."),
  "X-Keyward-Groups": z.string().describe("Names of the groups, encoded alike, with commas between."),
});

const passed = { ...jsonAnswer("The key may pass.", passedKey), headers: identityHeaders };

/** Endpoints of the gate. */
export const gate = {
  verify: {
    operationId: "verify",
    summary:
      "May this key pass, from this address, now? For gateways (forward-auth): 200 with who it is, 401 or 403. HEAD works too.",
    method: "get",
    path: "/auth/verify",
    request: { query: verifyQuery },
    responses: { 200: passed },
  },
  verifyByPost: {
    operationId: "verifyByPost",
    summary:
      "The same, for gateways that ask with the method of the request they guard. The body is not read.",
    method: "post",
    path: "/auth/verify",
    request: { query: verifyQuery },
    responses: { 200: passed },
  },
} as const;
