import { z } from "zod";
import { apiKeyRow } from "../contract/user-api-keys.ts";
import { userRow } from "../contract/users.ts";

/**
 * How the client reads answers: the contract's rows, but forgiving where a real VergeOS is known to differ. It leaves
 * columns null that we answer as empty, shows a new secret in one place of three, and may answer a change with nothing.
 */

const keyRow = apiKeyRow.omit({ ip_allow_entries: true, ip_deny_entries: true, secret_id: true });

/** A key's row, as far as every server has it. */
export const apiKeyAnswer = nullsAsDefaults(keyRow, {
  description: "",
  expires: 0,
  lastlogin_stamp: 0,
  lastlogin_ip: "",
  ip_allow_list: "",
  ip_deny_list: "",
  user_name: null,
});

/** A key's row, as far as every server has it. */
export type ApiKeyAnswer = z.output<typeof keyRow>;

const user = userRow
  .pick({
    $key: true,
    name: true,
    displayname: true,
    email: true,
    type: true,
    enabled: true,
    physical_access: true,
    created: true,
    last_login: true,
  })
  .extend({
    // A number on some servers, a string of digits on others; the oldest have none.
    identity: z
      .union([z.string(), z.number()])
      .nullable()
      .default(null)
      .transform((identity) => (identity === null ? null : String(identity))),
  });

/** A user's row, as far as every server has it. */
export const userAnswer = nullsAsDefaults(user, { displayname: "", email: "", last_login: 0 });

/** A user's row, as far as every server has it. */
export type UserAnswer = z.output<typeof user>;

/** What is read of the system row. */
export const systemAnswer = z.object({
  yb_version: z.string().optional(),
  cloud_name: z.string().optional(),
});

/** The new row's key, which is a string or a number depending on whom one asks. */
export const createdAnswer = z.object({ $key: z.union([z.string(), z.number()]).transform(String) });

const warnings = z.array(z.string()).default([]);

/** The answer to an update, of which only the warnings are read: the row is read again where it is needed. */
export const changeAnswer = z.object({ warnings });

/** An answer of which nothing is read. */
export const anyAnswer = z.unknown();

/** A key just made: its row key and, this once, its secret. */
export interface IssuedApiKey {
  readonly key: string;
  /** The one that the server answered, also where the caller brought another: then the server took no notice of that. */
  readonly secret: string;
  /** What the server accepted but doubts was meant. */
  readonly warnings: readonly string[];
}

/** A key that was rotated: the new one, and when the old one ends. */
export interface RotatedApiKey extends IssuedApiKey {
  /** Epoch seconds. */
  readonly predecessorExpires: number;
}

const issued = createdAnswer.extend({
  response: z.object({ private_key: z.string(), token: z.string() }).partial().optional(),
  key: z.string().optional(),
  warnings,
});

/** Finds the secret where pyVergeOS, the TypeScript and Go clients, or PSVergeOS look for it, in this order. */
function secretIn({ response, key }: z.output<typeof issued>): string | undefined {
  return response?.private_key ?? response?.token ?? key;
}

/** The answer to a create. `own` is the secret that the caller brought, which is then not repeated. */
export function issuedApiKeyAnswer(own: string | undefined) {
  return issued.transform((answer, context): IssuedApiKey => {
    const secret = secretIn(answer) ?? own;
    if (secret === undefined) {
      context.addIssue({ code: "custom", path: ["response", "private_key"], message: "is missing" });
      return z.NEVER;
    }
    return { key: answer.$key, secret, warnings: answer.warnings };
  });
}

/** The answer to a rotation. */
export function rotatedApiKeyAnswer(own: string | undefined) {
  return issued
    .extend({ predecessor: z.object({ expires: z.number() }) })
    .transform((answer, context): RotatedApiKey => {
      const secret = secretIn(answer) ?? own;
      if (secret === undefined) {
        context.addIssue({ code: "custom", path: ["key"], message: "is missing" });
        return z.NEVER;
      }
      const { $key, predecessor } = answer;
      return { key: $key, secret, warnings: answer.warnings, predecessorExpires: predecessor.expires };
    });
}

/** What to ask for, so that every field of a row comes back. `user_name` is a column of the row that `user` names. */
export const rowFields = {
  userApiKeys: Object.keys(keyRow.shape)
    .map((field) => (field === "user_name" ? "user#name as user_name" : field))
    .join(","),
  users: Object.keys(user.shape).join(","),
} as const;

/** Reads a row in which some columns may be null: they have these values then. */
export function nullsAsDefaults<Schema extends z.ZodObject>(
  schema: Schema,
  defaults: Readonly<Record<string, unknown>>,
) {
  return z.preprocess((row) => {
    if (typeof row !== "object" || row === null) {
      return row;
    }
    const present = Object.entries(row).filter(([, value]) => value !== null);
    return { ...defaults, ...Object.fromEntries(present) };
  }, schema);
}
