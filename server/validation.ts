import type { z } from "zod";
import { type Fault, InvalidInput } from "./errors.ts";

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
