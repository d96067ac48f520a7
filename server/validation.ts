import type { z } from "zod";
import { type Fault, InvalidInput } from "./errors.ts";

/** Checks the parameters of a URL. Each may stand there once: which of two was meant, nobody knows. */
export function parseQuery<Schema extends z.ZodObject>(
  schema: Schema,
  parameters: Readonly<Record<string, readonly string[]>>,
): z.output<Schema> {
  const names = Object.keys(schema.shape);
  const faults = Object.entries(parameters).flatMap(([field, values]): Fault[] => {
    if (!names.includes(field)) {
      const known = names.length === 1 ? `there is ${names[0]}` : `there are ${names.join(", ")}`;
      return [{ field, message: `is not a parameter here; ${known}` }];
    }
    return values.length > 1 ? [{ field, message: "is there twice; send it once" }] : [];
  });
  if (faults.length > 0) {
    throw new InvalidInput(faults);
  }
  return parseInput(
    schema,
    Object.fromEntries(Object.entries(parameters).map(([name, [value]]) => [name, value])),
  );
}

/** Checks what a caller sent. Throws an answer that names every fault, each with its field first. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    throw new InvalidInput(parsed.error.issues.flatMap(faultsOf));
  }
  return parsed.data;
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      field: [...issue.path, key].join("."),
      message: "is not a field that can be set here",
    }));
  }
  return [{ field: issue.path.join("."), message: messageOf(issue) }];
}

function messageOf(issue: z.core.$ZodIssue): string {
  // Where the schema has words of its own, they stand; zod's begin in this way.
  if (issue.code === "too_big" && issue.message.startsWith("Too big")) {
    return `must ${boundOf(issue.origin, "most", issue.maximum)}`;
  }
  if (issue.code === "too_small" && issue.message.startsWith("Too small")) {
    return `must ${boundOf(issue.origin, "least", issue.minimum)}`;
  }
  const type = /^Invalid input: expected (\w+), received (\w+)$/.exec(issue.message);
  if (type === null) {
    return issue.message;
  }
  const [, expected = "", received = ""] = type;
  if (received === "undefined") {
    return "is missing";
  }
  return expected === "int"
    ? "must be a whole number"
    : `must be ${/^[aeio]/.test(expected) ? "an" : "a"} ${expected}, not ${received}`;
}

function boundOf(origin: string, which: "least" | "most", bound: number | bigint): string {
  switch (origin) {
    case "string":
      return `be at ${which} ${bound} characters`;
    case "array":
      return `have at ${which} ${bound} entries`;
    default:
      return `be at ${which} ${bound}`;
  }
}
