import { formatTime } from "../../contract/time.ts";

/** What is declared of a key. Times in epoch seconds, 0 for never. */
export interface DeclaredKey {
  readonly key: number;
  readonly user: number;
  readonly name: string;
  readonly description: string;
  readonly expires: number;
  /** The entries that are switched on. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** A key in Terraform's language: the block that takes it over, and the resource as it stands, so that the plan is empty. */
export function declareInTerraform(declared: DeclaredKey): string {
  const label = labelOf(declared.name);
  const settings = settingsOf(declared).map(
    ([name, value]) => [snakeCase(name), inTerraform(value)] as const,
  );
  const width = Math.max(...settings.map(([name]) => name.length));
  const lines = settings.map(([name, value]) => `  ${name.padEnd(width)} = ${value}`);
  return [
    "import {",
    `  to = keyward_api_key.${label}`,
    `  id = "${declared.key}"`,
    "}",
    "",
    `resource "keyward_api_key" "${label}" {`,
    ...lines,
    "}",
    "",
  ].join("\n");
}

/** The same with the CDKTF constructs. */
export function declareInCdktf(declared: DeclaredKey): string {
  const { key, user, name, description, expires, allow, deny } = declared;
  const label = labelOf(name);
  const constant = camelCase(label);
  const time = JSON.stringify(formatTime(expires));
  return [
    `const ${constant} = new ApiKey(this, ${JSON.stringify(label)}, {`,
    `  user: ${JSON.stringify(String(user))},`,
    `  name: ${JSON.stringify(name)},`,
    ...(description === "" ? [] : [`  description: ${JSON.stringify(description)},`]),
    `  expiry: ${expires === 0 ? "Expiry.never()" : `Expiry.at(${time})`},`,
    ...addressesOf(allow, deny),
    "});",
    `${constant}.importFrom("${key}");`,
    "",
  ].join("\n");
}

function addressesOf(allow: readonly string[], deny: readonly string[]): readonly string[] {
  if (allow.length > 0 && deny.length > 0) {
    return [`  addresses: Addresses.lists({ allow: ${inCode(allow)}, deny: ${inCode(deny)} }),`];
  }
  if (allow.length > 0) {
    return [`  addresses: Addresses.allow(${inCode(allow)}),`];
  }
  return deny.length > 0 ? [`  addresses: Addresses.deny(${inCode(deny)}),`] : [];
}

function inCode(entries: readonly string[]): string {
  return `[${entries.map((entry) => JSON.stringify(entry)).join(", ")}]`;
}

type Setting = readonly [name: string, value: string | readonly string[]];

function settingsOf({ user, name, description, expires, allow, deny }: DeclaredKey): readonly Setting[] {
  return [
    ["user", String(user)],
    ["name", name],
    ...(description === "" ? [] : [["description", description] as const]),
    ...(expires === 0 ? [] : [["expiresAt", formatTime(expires)] as const]),
    ...(allow.length === 0 ? [] : [["ipAllowList", allow] as const]),
    ...(deny.length === 0 ? [] : [["ipDenyList", deny] as const]),
  ];
}

function inTerraform(value: string | readonly string[]): string {
  return typeof value === "string" ? quotedTemplate(value) : `[${value.map(quotedTemplate).join(", ")}]`;
}

/** A quoted template of HCL: what JSON escapes, and the two openings of an interpolation doubled. */
function quotedTemplate(text: string): string {
  return JSON.stringify(text)
    .replaceAll(/\\[bf]/g, (short) => (short === "\\b" ? "\\u0008" : "\\u000c"))
    .replaceAll(/[$%]\{/g, (opening) => opening.charAt(0) + opening);
}

/** A name that Terraform takes for a resource: letters, digits and underscores, no digit first. */
export function labelOf(name: string): string {
  const label = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  return /^[a-z]/.test(label) ? label : `key_${label}`.replace(/_$/, "");
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camelCase(label: string): string {
  return label.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/^[^a-z]/, "key$&");
}

/** The name of the file that a secret is saved in: the key's, without what a file system could take for anything else. */
export function pakName(name: string): string {
  const safe = name
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replaceAll(/^[.-]+|[.-]+$/g, "")
    .slice(0, 64);
  return `${safe === "" ? "api-key" : safe}.PAK`;
}
