import { existsSync, readFileSync } from "node:fs";
import type { ProviderFunction } from "../../provider/plugin/function.ts";
import type { Provider } from "../../provider/plugin/resource.ts";
import {
  type Attribute,
  type Attributes,
  isComputed,
  type Schema,
  type Shape,
} from "../../provider/plugin/schema.ts";

/** A page of the documentation: its path below `docs/`, and its text. */
export interface Page {
  readonly name: string;
  readonly content: string;
}

/** The provider's documentation in the layout of the Terraform Registry, from its schemas and the examples. */
export function providerDocumentation(provider: Provider): readonly Page[] {
  return [
    { name: "index.md", content: index(provider) },
    ...provider.resources.map((one) => page(one, "resources", "resource", "resource", importText(one))),
    ...(provider.dataSources ?? []).map((one) => page(one, "data-sources", "data-source", "data source")),
    ...(provider.ephemeralResources ?? []).map((one) =>
      page(one, "ephemeral-resources", "ephemeral-resource", "ephemeral resource"),
    ),
    ...(provider.functions ?? []).map(functionPage),
  ];
}

function index(provider: Provider): string {
  return [
    frontMatter("Keyward Provider", provider.schema.description),
    `# Keyward Provider\n\n${provider.schema.description}\n`,
    example("examples/provider/provider.tf"),
    schemaText(provider.schema),
  ].join("\n");
}

function page(
  { typeName, schema }: { readonly typeName: string; readonly schema: Schema },
  folder: string,
  file: string,
  noun: string,
  ...more: readonly string[]
): Page {
  const short = typeName.replace(/^keyward_/, "");
  return {
    name: `${folder}/${short}.md`,
    content: [
      frontMatter(`${typeName} (${noun})`, schema.description),
      `# ${typeName} (${noun})\n\n${schema.description}\n`,
      example(`examples/${folder}/${typeName}/${file}.tf`),
      schemaText(schema),
      ...more,
    ]
      .filter((part) => part !== "")
      .join("\n"),
  };
}

function functionPage({ name, summary, description, parameters, returns }: ProviderFunction): Page {
  const signature = parameters.map((one) => `${one.name} ${typeText(one.shape)}`).join(", ");
  const lines = parameters.map(
    (one, place) => `${place + 1}. \`${one.name}\` (${typeText(one.shape)}) ${one.description}`,
  );
  return {
    name: `functions/${name}.md`,
    content: [
      frontMatter(`${name} (function)`, summary),
      `# ${name} (function)\n\n${summary}. ${description}\n`,
      example(`examples/functions/${name}/function.tf`),
      `## Signature\n\n\`\`\`text\n${name}(${signature}) ${typeText(returns)}\n\`\`\`\n\n## Arguments\n\n${lines.join("\n")}\n`,
    ].join("\n"),
  };
}

function frontMatter(title: string, description: string): string {
  return `---\npage_title: "${title}"\ndescription: |-\n  ${description.replaceAll("\n", "\n  ")}\n---\n`;
}

/** Every type has an example, and every example is applied by a test. */
function example(file: string): string {
  return `## Example Usage\n\n\`\`\`terraform\n${readFileSync(file, "utf8").trim()}\n\`\`\`\n`;
}

/** By the id, on the command line; and by the identity, which clients before Terraform 1.12 do not know. */
function importText({ typeName, identity }: Provider["resources"][number]): string {
  const file = `examples/resources/${typeName}/import.sh`;
  if (!existsSync(file)) {
    return "";
  }
  const command = readFileSync(file, "utf8").trim();
  const [address, id] = command.split(" ").slice(-2);
  const byIdentity =
    identity === undefined
      ? "It has no identity to import it by, because nothing of it stays the same: a rotation gives it another number in place.\n"
      : `From Terraform 1.12 on, an import block may name it by its identity instead:\n\n\`\`\`terraform\nimport {\n  to       = ${address}\n  identity = { ${identity} = "${id}" }\n}\n\`\`\`\n`;
  return `## Import\n\n\`\`\`shell\n${command}\n\`\`\`\n\n${byIdentity}`;
}

function schemaText({ attributes }: Schema): string {
  const nested: string[] = [];
  const parts = sections(attributes, [], nested);
  return ["## Schema\n", ...parts, ...nested].join("\n");
}

function sections(attributes: Attributes, path: readonly string[], nested: string[]): string[] {
  const entries = Object.entries(attributes).sort(([left], [right]) => (left < right ? -1 : 1));
  const groups = [
    ["Required", entries.filter(([, { options }]) => options.required === true)],
    ["Optional", entries.filter(([, { options }]) => options.optional === true)],
    [
      "Read-Only",
      entries.filter(([, { options }]) => options.required !== true && options.optional !== true),
    ],
  ] as const;
  return groups
    .filter(([, members]) => members.length > 0)
    .map(([title, members]) => {
      const lines = members.map(([name, attribute]) => line(name, attribute, [...path, name], nested));
      return `${path.length === 0 ? "###" : "Of which"} ${title}\n\n${lines.join("\n")}\n`;
    });
}

function line(name: string, attribute: Attribute, path: readonly string[], nested: string[]): string {
  const { shape, options } = attribute;
  const inner =
    shape.kind === "object"
      ? shape.attributes
      : "element" in shape && shape.element.kind === "object"
        ? shape.element.attributes
        : undefined;
  if (inner !== undefined) {
    const text = sections(inner, path, nested).map((part) => part.replace(/^Of which (.*)$/m, "$1:"));
    nested.push(`### Nested Schema for \`${path.join(".")}\`\n\n${text.join("\n")}`);
  }
  const marks = [
    typeText(shape),
    ...(options.sensitive === true ? ["Sensitive"] : []),
    ...(options.writeOnly === true ? ["Write-only"] : []),
  ].join(", ");
  const ending = options.default === undefined ? "" : ` Defaults to \`${JSON.stringify(options.default)}\`.`;
  const replacing =
    options.replace === true && !options.description.includes("makes a new")
      ? " Changing it makes a new one."
      : "";
  const choosing =
    options.optional === true && isComputed(options) && options.default === undefined
      ? " Known after apply when left out."
      : "";
  return `- \`${name}\` (${marks}) ${options.description}${replacing}${ending}${choosing}`;
}

function typeText(shape: Shape): string {
  switch (shape.kind) {
    case "string":
      return "String";
    case "number":
      return "Number";
    case "bool":
      return "Boolean";
    case "object":
      return "Attributes";
    default: {
      const name = { list: "List", set: "Set", map: "Map" }[shape.kind];
      return shape.element.kind === "object" ? `Attributes ${name}` : `${name} of ${typeText(shape.element)}`;
    }
  }
}
