import { readFileSync } from "node:fs";
import { cdktnProject } from "../cdktn-project.ts";

/** Something that users of the constructs import, as its source declares it. */
interface Declaration {
  readonly kind: "class" | "interface" | "type" | "function";
  readonly name: string;
  readonly signature: string;
  readonly comment: Comment;
  readonly members: readonly Member[];
}

interface Member {
  readonly signature: string;
  readonly comment: Comment;
}

interface Comment {
  readonly text: string;
  readonly default: string | undefined;
}

/**
 * The reference of the constructs, from the doc comments of what `cdktf/index.ts` exports. Sources here have one shape, because
 * they are formatted by a tool: a declaration starts at the margin, its members are two spaces in, and each has its comment
 * directly above. So they are read line by line; the package of the compiler has no interface to ask.
 */
export function constructDocumentation(): string {
  const declarations = exportsOf("cdktf/index.ts").map(({ name, file }) => read(name, `cdktf/${file}`));
  const chapters = [
    [
      "Constructs",
      declarations.filter(({ kind, signature }) => kind === "class" && signature.includes("extends")),
    ],
    [
      "Values",
      declarations.filter(({ kind, signature }) => kind === "class" && !signature.includes("extends")),
    ],
    ["Functions", declarations.filter(({ kind }) => kind === "function")],
    ["Properties and types", declarations.filter(({ kind }) => kind === "interface" || kind === "type")],
  ] as const;
  const index = chapters.map(
    ([title, members]) =>
      `- ${title}: ${members.map(({ name }) => `[${name}](#${name.toLowerCase()})`).join(", ")}`,
  );
  return [
    introduction,
    index.join("\n"),
    ...chapters.flatMap(([title, members]) => [`## ${title}`, ...members.map(section)]),
  ].join("\n\n");
}

const introduction = `# Constructs

What \`keyward/cdktf\` exports, from its doc comments (\`npm run generate\`). Install it beside the framework: \`npm install keyward cdktf
constructs @cdktf/provider-null\`. It compiles in the project that \`cdktf init --template=typescript\` makes, and in one of ES modules.

On the fork [cdktn](https://cdktn.io), give the fork the name of the original in your package.json, also for the bindings of the null provider:

\`\`\`json
${JSON.stringify(cdktnProject, null, 2)}
\`\`\`

The constructs are tested on both, laid out in just these ways.

The bindings of the provider's types are exported beside the constructs, as \`cdktf get\` would make them: \`ApiKeyResource\`,
\`GroupResource\`, \`User\`, \`GroupMember\`, \`Permission\`, \`Setting\`, and the data sources \`DataKeyward...\`; the
[provider's pages](index.md) describe them. Every construct has its binding as \`resource\`. There is none for the ephemeral types: cdktf 0.21 has no
class for such, so its generator makes nothing of them. \`EphemeralSecret\` declares \`keyward_secret\`, on both frameworks; for the ephemeral
\`keyward_api_key\` write \`stack.addOverride("ephemeral.keyward_api_key.run", { user: "1", name: "run", ... })\` and refer to
\`\${ephemeral.keyward_api_key.run.secret}\`.

Wrong values that are known at synthesis are error annotations: \`app.synth()\` fails and names the construct, the property, the value and what
would be right, all at once. Warnings are in \`manifest.json\`, where the command line \`cdktf\` shows them. Tokens pass through everywhere.

Names, descriptions and other texts for people mean what they say: \`\${\` and \`%{\`, which start a template in Terraform, stand for themselves. For
an expression use a token (\`variable.stringValue\`, \`Fn\`, \`Lazy\`), or set the property of \`resource\`.

## Many keys

A key for each of many is a loop in the program: \`for (const [name, addresses] of Object.entries(team)) { new ApiKey(this, name, ...) }\`, as in
[examples/team-keys](../examples/team-keys/main.ts). Each has an address of its own in the state, that of its construct. What is known only when
Terraform runs, such as a variable with a list, takes an iterator of cdktf on the resource (\`key.resource.forEach = iterator\`, and
\`iterator.value\` in the properties); one \`ApiKey\` is many keys then, so \`outputSecret\`, \`SecretOutput\` and \`PipelineSecret\`, which name one
secret, are errors for it. Put such secrets out as a map, with an output of your own:
\`new TerraformOutput(this, "Secrets", { value: "\${{ for name, key in keyward_api_key." + key.resource.friendlyUniqueId +
" : name => key.secret }}", sensitive: true })\`.

## Contents`;

/** Everything that is exported from one of our own files; the bindings have pages of their own. */
function exportsOf(index: string): readonly { readonly name: string; readonly file: string }[] {
  const source = readFileSync(index, "utf8");
  return [...source.matchAll(/export (?:type )?\{([^}]+)\} from "\.\/([\w-]+\.ts)"/g)].flatMap(
    ([, names = "", file = ""]) =>
      names
        .split(",")
        .map((name) => name.replace(/^\s*(type )?/, "").trim())
        .filter((name) => name !== "")
        .map((name) => ({ name, file })),
  );
}

function read(name: string, file: string): Declaration {
  const lines = readFileSync(file, "utf8").split("\n");
  const start = lines.findIndex((line) =>
    new RegExp(`^export (abstract )?(class|interface|type|function) ${name}\\b`).test(line),
  );
  const kind = /(class|interface|type|function)/.exec(lines[start] ?? "")?.[1];
  if (kind !== "class" && kind !== "interface" && kind !== "type" && kind !== "function") {
    throw new Error(`${file} has no declaration of ${name}`);
  }
  const end = lines.findIndex((line, place) => place > start && line.startsWith("}"));
  return {
    kind,
    name,
    signature: signatureAt(lines, start),
    comment: commentAbove(lines, start, `${file}: ${name}`),
    members:
      kind === "class" || kind === "interface"
        ? membersOf(lines.slice(start + 1, end), `${file}: ${name}`)
        : [],
  };
}

function membersOf(body: readonly string[], owner: string): readonly Member[] {
  return body.flatMap((line, place) => {
    const isMember =
      /^ {2}(readonly |static |get |[a-z]\w*[(?:])/.test(line) &&
      !/^ {2}(readonly #|private|constructor)/.test(line);
    return isMember
      ? [
          {
            signature: signatureAt(body, place),
            comment: commentAbove(body, place, `${owner}: ${line.trim()}`),
          },
        ]
      : [];
  });
}

/** From a line on to where the body, or the statement, ends the signature. */
function signatureAt(lines: readonly string[], start: number): string {
  const length = lines.slice(start).findIndex((line) => /[{;]$/.test(line));
  return lines
    .slice(start, start + length + 1)
    .map((line) => line.trim())
    .join(" ")
    .replace(/ ?[{;]$/, "")
    .replace("export ", "")
    .replaceAll("( ", "(")
    .replaceAll(", )", ")");
}

function commentAbove(lines: readonly string[], place: number, owner: string): Comment {
  const end = place - 1;
  const start = lines.slice(0, place).findLastIndex((line) => line.trim().startsWith("/**"));
  if (start === -1 || !lines[end]?.trim().endsWith("*/")) {
    throw new Error(`${owner} has no doc comment`);
  }
  const text = lines
    .slice(start, end + 1)
    .map((line) => line.replace(/^\s*(\/\*\*|\*\/|\* ?)/, "").replace(/\s*\*\/$/, ""))
    .join("\n")
    .replace(/\{@link [^|}]+\| ?([^}]+)\}/g, "`$1`")
    .replace(/\{@link ([^}]+)\}/g, "`$1`");
  const [said = "", byDefault] = text.split("@default");
  return { text: said.trim(), default: byDefault?.trim() };
}

function section({ kind, name, signature, comment, members }: Declaration): string {
  const head = [`### ${name}`, comment.text];
  if (kind === "type" || kind === "function") {
    return [...head, code(signature)].join("\n\n");
  }
  const rows = members.map(
    (member) =>
      `| \`${cell(member.signature.replace(/^readonly /, ""))}\` | ${cell(member.comment.text)} | ${cell(member.comment.default?.replace(/^- /, "") ?? "")} |`,
  );
  const hasDefaults = members.some((member) => member.comment.default !== undefined);
  const table = hasDefaults
    ? ["| member | | default |\n|---|---|---|", ...rows].join("\n")
    : ["| member | |\n|---|---|", ...rows.map((row) => row.replace(/ {2}\|$/, ""))].join("\n");
  return [...head, ...(rows.length > 0 ? [table] : [])].join("\n\n");
}

function code(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\``;
}

/** In a table, a line is a row and a bar is a border. */
function cell(text: string): string {
  return text.replace(/\s*\n\s*/g, " ").replaceAll("|", "\\|");
}
