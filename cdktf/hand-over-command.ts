import { createHash } from "node:crypto";
import type { Construct } from "constructs";
import { Fn, TerraformLocal, Token } from "./framework.ts";
import { verbatim } from "./late.ts";
import type { SecretTarget } from "./secret-target.ts";

/**
 * Runs the target's command, which Terraform appends as `$0`. An imported key has no secret until it rotates, and to hand over nothing
 * would look like success. Terraform hides the output of a provisioner with sensitive values, but shows it when the
 * provisioner fails: a program that repeats its input would tell the secret then, so it is blotted out, by awk, which
 * reads it from the environment. The credentials of the provider are none of the command's business. The doubled $ is for Terraform.
 */
export const guard = [
  ': "$${KEYWARD_SECRET:?the secret of this key is not known (it was imported); rotate the key to hand one over}"',
  "unset KEYWARD_TOKEN KEYWARD_PASSWORD",
  'output=$(/bin/sh -eu -c "$0" 2>&1) && status=0 || status=$?',
  `printf '%s\\n' "$output" | awk '{`,
  '  while (place = index($0, ENVIRON["KEYWARD_SECRET"]))',
  '    $0 = substr($0, 1, place - 1) "(secret)" substr($0, place + length(ENVIRON["KEYWARD_SECRET"]))',
  "} 1'",
  'exit "$status"',
].join("\n");

/**
 * A text that is another when the target is: a digest of what is run and with what, because a plan and a state show it. Where some of that
 * is known only when Terraform runs, Terraform makes the digest; from a local value, because its functions take no text with tokens.
 */
export function digestOf(scope: Construct, target: SecretTarget): string {
  const { name, command, environment } = target;
  const described = [name, command, ...Object.entries(environment).sort().flat()];
  if (!described.some((text) => Token.isUnresolved(text))) {
    return createHash("sha256").update(JSON.stringify(described)).digest("hex");
  }
  const local = new TerraformLocal(scope, "Target", described.map(verbatim));
  return Token.asString(Fn.sha256(Fn.jsonencode(local.expression)));
}

/** The variables of the target, as they are meant. */
export function environmentOf(target: SecretTarget): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(target.environment).map(([name, value]) => [name, verbatim(value)]),
  );
}

/**
 * What of a text names a secret of Keyward, or a whole key with its secret in it; undefined for nothing. In an expression as Terraform reads
 * it, also where it comes from another stack.
 */
export function secretNamedIn(expression: string): string | undefined {
  const keys = [...expression.matchAll(/\bkeyward_api_key\.[\w-]+(?:\[[^\]]*\])*(?:\.(\w+))?/g)];
  const named = keys.find(([, attribute]) => attribute === undefined || attribute.endsWith("secret"));
  const elsewhere = /\bephemeral\.keyward_\w+\.[\w-]+|\bcross-stack-output-keyward_api_key\w*secret\b/.exec(
    expression,
  );
  return named?.[0] ?? elsewhere?.[0];
}
