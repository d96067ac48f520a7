import type { z } from "zod";
import { ApiError } from "./errors.ts";

/** Checks what a caller sent. Throws an answer that names every fault, each with its field first. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    throw new ApiError("invalid", parsed.error.issues.map(describe).join("; "));
  }
  return parsed.data;
}

function describe(issue: z.core.$ZodIssue): string {
  const field = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${prefix(field)}${key}: is not a field that can be set here`).join("; ");
  }
  const label = field === "" ? "body" : field;
  const type = /^Invalid input: expected (\w+), received (\w+)$/.exec(issue.message);
  if (type === null) {
    return `${label}: ${issue.message}`;
  }
  const [, expected = "", received = ""] = type;
  if (received === "undefined") {
    return `${label}: is missing`;
  }
  return expected === "int"
    ? `${label}: must be a whole number`
    : `${label}: must be ${/^[aeio]/.test(expected) ? "an" : "a"} ${expected}, not ${received}`;
}

function prefix(field: string): string {
  return field === "" ? "" : `${field}.`;
}
