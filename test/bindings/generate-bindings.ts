import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { providerSchemaJson } from "../../provider/plugin/schema-wire.ts";
import { createProvider, sourceAddress } from "../../provider/provider.ts";

/** One file of the bindings. */
export interface GeneratedFile {
  /** Its name in `cdktf/generated`. */
  readonly name: string;
  readonly content: string;
}

const header = `// @ts-nocheck: written by cdktf's generator, whose code is made for laxer compiler flags; its declarations are complete.
// Made from the provider's schema by "npm run generate". Changes belong in provider/, not here.
`;

const printedBelow = "providers/keyward";

/**
 * Makes the CDKTF bindings from the provider's own schema with the generator behind `cdktf get`, so that every member
 * is named as users of CDKTF expect. Two things are changed in what it prints: the import of cdktf, which goes through
 * `cdktf/framework.ts`, and the folder a file, which becomes a file.
 */
export async function generateBindings(): Promise<readonly GeneratedFile[]> {
  const output = await mkdtemp(path.join(tmpdir(), "keyward-bindings-"));
  try {
    const types = await runGenerator(output);
    return await Promise.all(
      types.map(async (type) => {
        const printed = await readFile(path.join(output, printedBelow, type, "index.ts"), "utf8");
        const content = header + printed.replace("from 'cdktf'", "from '../framework.ts'");
        return { name: `${type}.ts`, content };
      }),
    );
  } finally {
    await rm(output, { recursive: true, force: true });
  }
}

/** Answers the folders that were written, one for each type. */
async function runGenerator(output: string): Promise<readonly string[]> {
  // Loading cdktf's commons asks a server for a newer version unless it is told not to.
  process.env["CHECKPOINT_DISABLE"] = "1";
  const { CodeMaker } = await import("codemaker");
  const { ConstructsMakerProviderTarget, Language, TerraformProviderConstraint } = await import(
    "@cdktf/commons"
  );
  const { TerraformProviderGenerator } = await import(
    "@cdktf/provider-generator/lib/get/generator/provider-generator.js"
  );
  const schema = {
    ...providerSchemaJson(createProvider({}), sourceAddress),
    provider_versions: { [sourceAddress]: packageJson.version },
  };
  const generator = new TerraformProviderGenerator(new CodeMaker(), schema);
  const minor = packageJson.version.split(".").slice(0, 2).join(".");
  const constraint = new TerraformProviderConstraint(`${sourceAddress}@~> ${minor}`);
  generator.generate(new ConstructsMakerProviderTarget(constraint, Language.TYPESCRIPT));
  await generator.save(output);
  const entries = await readdir(path.join(output, printedBelow), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
