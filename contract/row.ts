import { z } from "zod";

const mustBeRowKey = "must be the $key of a row: a whole number above 0";

/** The key of a row in a GET answer: always a JSON number (clients decode it into an integer). */
export const rowKey = z.int().positive().describe("The row's key.");

/**
 * A reference to a row in a request: a number, or the same in digits, since POST answers carry `$key` as a string and
 * clients send back what they were given.
 */
export const rowReference = z
  .union([z.int().positive(), z.string().regex(/^[1-9]\d{0,14}$/, mustBeRowKey)], {
    error: (issue) => (issue.input === undefined ? "is missing" : mustBeRowKey),
  })
  .transform(Number);

/** The characters that turn the direction of what follows (CVE-2021-42574), by which one name could show as another. */
const turning = /[\u202a-\u202e\u2066-\u2069]/;

/**
 * Text as Postgres can keep it and give it back unchanged: no NUL, no half of a surrogate pair. A single line also has
 * no other control character and none that turns its direction, so that it can stand in a table or a log as it is.
 */
export function text(limits: { readonly max: number; readonly singleLine: boolean }) {
  const forbidden = limits.singleLine ? /[\p{Cc}\p{Cs}]/u : /[\0\p{Cs}]/u;
  return z
    .string()
    .max(limits.max, `must be at most ${limits.max} characters`)
    .refine((value) => !forbidden.test(value), "must not contain control characters")
    .refine(
      (value) => !(limits.singleLine && turning.test(value)),
      "must not contain characters that turn the direction of text (U+202A to U+202E, U+2066 to U+2069)",
    );
}

/** Nothing where clients of VergeOS send null, as several do for a text that is empty. */
export function orNull<Text extends z.ZodType<string>>(schema: Text) {
  return schema.nullable().transform((value) => value ?? "");
}

/**
 * A field that GET answers and nobody sets. It is accepted and ignored, because clients send rows back as they read them;
 * what VergeOS does not know either is refused all the same.
 */
export const readOnly = z.unknown().optional().meta({
  readOnly: true,
  description: "Read-only: accepted, so that a row can be sent back as it was read, and ignored.",
});

/** Seconds since 1970-01-01T00:00:00Z; 0 stands for "never". */
export const epochSeconds = z.int().nonnegative();

/** The whole answer to a create: `$key` is a string here and a number in rows (VergeOS v4; some clients insist). */
export const createdRow = z
  .object({
    location: z.string().describe("The new row's path below /api."),
    dbpath: z.string().describe("The new row's table and key."),
    $row: z.int().nonnegative().describe("The new row's key; 0 where it is not a number."),
    $key: z.string().describe("The new row's key, as a string."),
    response: z.object({}).optional(),
  })
  .meta({ id: "CreatedRow" });
