import type { IConstruct } from "constructs";
import { DefaultTokenResolver, StringConcat, Token, Tokenization } from "./framework.ts";

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

/**
 * A text for people, such as a name, as it is meant. Terraform reads `${` and `%{` in it as the start of a template and fails, or
 * worse, does not; doubled, they stand for themselves. Tokens in the text stay tokens.
 */
export function verbatim(text: string): string {
  // Some tokens of cdktf, such as an iterator's value, are of type any: a token, and no text.
  return typeof text === "string"
    ? text.replace(/\$\{(?!TfToken\[)|%\{/g, (start) => `${start[0]}${start}`)
    : text;
}

/** A value as Terraform will read it: what is known at synthesis is there, and what is not is an expression, `${...}`. */
export function resolved(scope: IConstruct, value: unknown): unknown {
  const resolver = new DefaultTokenResolver(new StringConcat());
  return Tokenization.resolve(value, { scope, resolver, preparing: false });
}
