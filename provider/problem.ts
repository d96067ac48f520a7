import type { z } from "zod";
import type { Problem } from "./plugin/schema.ts";

/**
 * Checks a value with the server's own rule for it, so that a plan shows the same fault in the same words as an apply
 * would. Answers a sentence, or null when nothing is wrong.
 */
export function checkWith(rule: z.ZodType): (value: string) => Problem {
  return (value) => {
    const parsed = rule.safeParse(value);
    const messages = parsed.error?.issues.map((issue) => issue.message) ?? [];
    return messages.length === 0 ? null : `The value ${messages.join("; ")}.`;
  };
}
