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
  const label = labelOf(declared);
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

/** A whole configuration that takes the key over, to be put into an empty folder. `origin` is where the server is. */
export function terraformProgram(declared: DeclaredKey, origin: string): string {
  return [
    "terraform {",
    "  required_providers {",
    "    keyward = {",
    '      source = "registry.terraform.io/keyward/keyward"',
    "    }",
    "  }",
    "}",
    "",
    'provider "keyward" {',
    `  endpoint = ${quotedTemplate(origin)} # the token comes from KEYWARD_TOKEN`,
    "}",
    "",
    declareInTerraform(declared),
  ].join("\n");
}

/** The same with the CDKTF constructs, for the constructor of a stack. */
export function declareInCdktf(declared: DeclaredKey): string {
  const { key, user, name, description, expires, allow, deny } = declared;
  const label = labelOf(declared);
  const constant = constantOf(label);
  const time = JSON.stringify(formatTime(expires));
  return [
    `const ${constant} = new ApiKey(this, ${JSON.stringify(label)}, {`,
    `  user: ${JSON.stringify(String(user))},`,
    `  name: ${inTypescript(name)},`,
    ...(description === "" ? [] : [`  description: ${inTypescript(description)},`]),
    `  expiry: ${expires === 0 ? "Expiry.never()" : `Expiry.at(${time})`},`,
    ...addressesOf(allow, deny),
    "});",
    `${constant}.importFrom("${key}");`,
    "",
  ].join("\n");
}

/** A whole program with a stack that takes the key over. */
export function cdktfProgram(declared: DeclaredKey, origin: string): string {
  const isLimited = declared.allow.length + declared.deny.length > 0;
  const names = [...(isLimited ? ["Addresses"] : []), "ApiKey", "Expiry", "KeywardProvider"];
  const inStack = [
    `new KeywardProvider(this, "Keyward", { endpoint: ${inTypescript(origin)} }); // the token comes from KEYWARD_TOKEN`,
    ...declareInCdktf(declared).trimEnd().split("\n"),
  ];
  return [
    'import { App, TerraformStack } from "cdktf";',
    'import type { Construct } from "constructs";',
    `import { ${names.join(", ")} } from "keyward/cdktf";`,
    "",
    "class Keys extends TerraformStack {",
    "  constructor(scope: Construct, id: string) {",
    "    super(scope, id);",
    ...inStack.map((line) => `    ${line}`),
    "  }",
    "}",
    "",
    "const app = new App();",
    'new Keys(app, "keys");',
    "app.synth();",
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
  return `[${entries.map(inTypescript).join(", ")}]`;
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
    .replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16)}`)
    .replaceAll(/[$%]\{/g, (opening) => opening.charAt(0) + opening);
}

/**
 * A name that Terraform takes for a resource: letters, digits and underscores of ASCII, a letter first. Where more of the
 * key's name is lost than accents and punctuation, the key's number keeps it apart from others.
 */
export function labelOf({ name, key }: Pick<DeclaredKey, "name" | "key">): string {
  const letters = name.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  const kept = letters.replaceAll(/[^a-z0-9]+/g, "_").replaceAll(/^_+|_+$/g, "");
  const isLess = kept === "" || /[^a-z0-9]/.test(letters.replaceAll(/[^\p{L}\p{N}]/gu, ""));
  return [...(/^[a-z]/.test(kept) ? [] : ["key"]), kept, isLess ? String(key) : ""]
    .filter((part) => part !== "")
    .join("_");
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** No word of the language ends in "Key", so such a name is never one of them. */
function constantOf(label: string): string {
  const name = label.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return /(^k|K)ey$/.test(name) ? name : `${name}Key`;
}

/** A string literal; what a terminal or an editor would turn or break lines at is escaped beside what JSON escapes. */
function inTypescript(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16)}`,
  );
}

/** The name of the file that a secret is saved in: the key's, without what a file system could take for anything else. */
export function pakName(name: string): string {
  const safe = [...name.normalize("NFC").replaceAll(/[^\p{L}\p{M}\p{N}._-]+/gu, "-")]
    .slice(0, 64)
    .join("")
    .replaceAll(/^[.-]+|[.-]+$/g, "");
  return `${safe === "" ? "api-key" : safe}.PAK`;
}
