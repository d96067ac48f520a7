import type { Problem } from "../plugin/schema.ts";

/** Checks a reference to another object by its number. */
export function checkId(id: string): Problem {
  return /^[1-9]\d{0,14}$/.test(id)
    ? null
    : `The value ${JSON.stringify(id)} is not the id of an object, a whole number above 0.`;
}
