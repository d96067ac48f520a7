import type { Hook } from "@hono/zod-openapi";
import type { z } from "zod";
import { ApiError, notFound } from "./errors.ts";
import type { ServerEnvironment } from "./request-log.ts";

/**
 * Turns what a schema says of a request into the answer: every fault, each with its field first. A path parameter that
 * cannot be right is a row that is not there.
 */
export const refuseInvalid: Hook<unknown, ServerEnvironment, string, void> = (result) => {
  if (result.success) {
    return;
  }
  if (result.target === "param") {
    throw notFound();
  }
  const faults = result.error.issues.map((issue) => describe(issue));
  throw new ApiError("invalid", faults.join("; "));
};

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
  return type[2] === "undefined"
    ? `${label}: is missing`
    : `${label}: must be ${article(type[1])}, not ${type[2]}`;
}

function prefix(field: string): string {
  return field === "" ? "" : `${field}.`;
}

function article(type = ""): string {
  return `${/^[aeio]/.test(type) ? "an" : "a"} ${type === "int" ? "whole number" : type}`;
}
