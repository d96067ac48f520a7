import { Token, Tokenization } from "./framework.ts";

/**
 * Whether a value is known only when Terraform runs: a token, a text or list that holds one, or Terraform's own
 * `${...}`. Such values are checked by the provider, not at synthesis.
 */
export function isLate(value: unknown): boolean {
  return Token.isUnresolved(value) || (typeof value === "string" && value.includes("${"));
}

/** A number as text. A token of a number is a huge negative number until it is turned into a token of a text. */
export function lateNumber(count: number): string {
  return Token.isUnresolved(count) ? Tokenization.stringifyNumber(count) : String(count);
}
