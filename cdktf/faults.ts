import type { Construct } from "constructs";
import type { z } from "zod";
import { Annotations, Token } from "./framework.ts";
import { isLate } from "./late.ts";

/**
 * Reports what is wrong with a property. As an annotation, not an exception, so that one synthesis shows everything that is
 * wrong; `app.synth()` fails and names the path of the construct beside each.
 */
export function reportFaults(construct: Construct, property: string, faults: readonly string[]): void {
  for (const fault of faults) {
    Annotations.of(construct).addError(`${property}: ${fault}`);
  }
}

/** Warns of what is allowed and hardly meant. */
export function reportWarnings(construct: Construct, property: string, warnings: readonly string[]): void {
  for (const warning of warnings) {
    Annotations.of(construct).addWarning(`${property}: ${warning}`);
  }
}

/** Checks a property, where it is given and no token, against the schema that the server checks it with. */
export function checkProperty(
  construct: Construct,
  property: string,
  value: unknown,
  schema: z.ZodType,
): void {
  const isKnown = value !== undefined && !Token.isUnresolved(value);
  const issues = isKnown ? (schema.safeParse(value).error?.issues ?? []) : [];
  reportFaults(
    construct,
    property,
    issues.map((issue) => `${shown(value)} ${issue.message}`),
  );
}

/** Checks that a text which is known by now is a row's number, such as a user's `id`. */
export function checkId(construct: Construct, property: string, id: string): void {
  if (!isLate(id) && !/^[1-9]\d{0,14}$/.test(id)) {
    reportFaults(construct, property, [
      `${shown(id)} is not an id; write a whole number above 0, such as "7"`,
    ]);
  }
}

/** Long values are cut: whoever reads the message knows the value, and needs the place. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 76)}..."` : text;
}
