import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import * as constructs from "../../cdktf/index.ts";

const execute = promisify(execFile);

/** What `cdktf init --template=typescript` of cdktf 0.21 writes, comments left out. */
const templateConfiguration = {
  compilerOptions: {
    alwaysStrict: true,
    declaration: true,
    experimentalDecorators: true,
    inlineSourceMap: true,
    inlineSources: true,
    lib: ["es2018"],
    module: "CommonJS",
    noEmitOnError: true,
    noFallthroughCasesInSwitch: true,
    noImplicitAny: true,
    noImplicitReturns: true,
    noImplicitThis: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    resolveJsonModule: true,
    strict: true,
    strictNullChecks: true,
    strictPropertyInitialization: true,
    stripInternal: true,
    target: "ES2018",
    incremental: true,
    skipLibCheck: true,
  },
  include: ["**/*.ts"],
  exclude: ["node_modules", "cdktf.out"],
};

/** A project of ES modules, as strict as ours. */
const moduleConfiguration = {
  compilerOptions: {
    module: "nodenext",
    target: "es2022",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    verbatimModuleSyntax: true,
    skipLibCheck: true,
    types: [],
  },
  include: ["**/*.ts"],
};

const packed = z.tuple([z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })]);
const manifest = z.object({
  dependencies: z.record(z.string(), z.string()),
  peerDependencies: z.record(z.string(), z.string()),
  exports: z.record(z.string(), z.union([z.string(), z.object({ types: z.string(), default: z.string() })])),
  typesVersions: z.object({ "*": z.record(z.string(), z.tuple([z.string()])) }),
  bin: z.record(z.string(), z.string()),
});

describe("the package", () => {
  let folder: string;
  let files: readonly string[];
  let described: z.output<typeof manifest>;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "keyward-package-"));
    const { stdout } = await execute("npm", [
      ..."pack --json --ignore-scripts --pack-destination".split(" "),
      folder,
    ]);
    const [{ filename, files: listed }] = packed.parse(JSON.parse(stdout));
    files = listed.map((file) => file.path);
    described = manifest.parse(JSON.parse(await readFile("package.json", "utf8")));
    await mkdir(path.join(folder, "node_modules/keyward"), { recursive: true });
    await execute("tar", [
      "-xzf",
      path.join(folder, filename),
      "--strip-components=1",
      "-C",
      path.join(folder, "node_modules/keyward"),
    ]);
    for (const name of [
      ...Object.keys({ ...described.dependencies, ...described.peerDependencies }),
      "@types/node",
    ]) {
      const place = path.join(folder, "node_modules", name);
      await mkdir(path.dirname(place), { recursive: true });
      await symlink(path.resolve("node_modules", name), place);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** A project that has the package installed, with the programs of the README and of the guides. */
  const makeProject = async (name: string, configuration: unknown, type: "commonjs" | "module") => {
    const project = path.join(folder, name);
    await mkdir(project);
    await writeFile(path.join(project, "package.json"), JSON.stringify({ name, private: true, type }));
    await writeFile(path.join(project, "tsconfig.json"), JSON.stringify(configuration));
    await writeFile(path.join(project, "main.ts"), await documentedProgram());
    const others = ["client", "hono"].map((entry) => `export * as ${entry} from "keyward/${entry}";`);
    await writeFile(path.join(project, "others.ts"), others.join("\n"));
    return project;
  };

  test.each([
    ["that cdktf init makes", "template", "typescript-5", templateConfiguration, "commonjs"],
    ["of ES modules", "modules", "typescript", moduleConfiguration, "module"],
  ] as const)("compiles and runs in a project %s", async (_, name, compiler, configuration, type) => {
    const project = await makeProject(name, configuration, type);
    const tsc = path.resolve("node_modules", compiler, "lib/tsc.js");
    const compiled = await execute(process.execPath, [tsc], { cwd: project }).catch(({ stdout }) => ({
      stdout,
    }));
    expect(compiled.stdout).toBe("");

    const outdir = path.join(project, "cdktf.out");
    await execute(process.execPath, ["main.js"], {
      cwd: project,
      env: { ...process.env, CDKTF_OUTDIR: outdir },
    });
    const synthesised = async (stack: string): Promise<unknown> =>
      JSON.parse(await readFile(path.join(outdir, "stacks", stack, "cdk.tf.json"), "utf8"));
    expect(await synthesised("readme")).toMatchObject({
      output: { deploy_secret: { sensitive: true } },
      resource: { keyward_user: expect.anything(), keyward_api_key: expect.anything() },
    });
    expect(await synthesised("guide")).toMatchObject({
      resource: { keyward_api_key: expect.anything(), null_resource: expect.anything() },
    });
    expect(await synthesised("drawn")).toMatchObject({ ephemeral: { keyward_secret: expect.anything() } });
  });

  test("has every file that its package.json names, and says the types of each entry in the old way too", () => {
    const entries = Object.entries(described.exports).flatMap(([entry, target]) =>
      typeof target === "string" ? [] : [[entry.slice(2), target] as const],
    );
    expect(entries.length).toBeGreaterThanOrEqual(3);
    expect(described.typesVersions["*"]).toEqual(
      Object.fromEntries(entries.map(([entry, { types }]) => [entry, [types]])),
    );
    const named = [
      ...entries.flatMap(([, target]) => Object.values(target)),
      ...Object.values(described.bin),
    ];
    expect(files).toEqual(expect.arrayContaining(named.map((file) => path.normalize(file))));
  });

  test("has what it runs with, and nothing that only a checkout can run", async () => {
    expect(files).toEqual(expect.arrayContaining(["README.md", "LICENSE", "dist/drizzle/schema.js"]));
    expect(files.some((file) => file.startsWith("dist/mirror/"))).toBe(true);
    expect(
      files.filter((file) => /^(dist\/(bench|examples|gallery|test)\/|test|examples|bench)/.test(file)),
    ).toEqual([]);
    const { stdout } = await execute(process.execPath, [
      path.join(folder, "node_modules/keyward/dist/cli/main.js"),
      "--help",
    ]);
    expect(stdout).toContain("serve");
  });
});

/** What the README and the guides show, each as a stack: what people copy has to compile. */
async function documentedProgram(): Promise<string> {
  const [readme] = await blocksOf("README.md");
  const [declared, rotated] = await blocksOf("docs/guides/from-a-hand-made-key.md");
  const [drawn] = await blocksOf("docs/guides/secrets-out-of-state.md");
  if (readme === undefined || declared === undefined || rotated === undefined || drawn === undefined) {
    throw new Error("there is no TypeScript in the README or in a guide any more");
  }
  const start =
    'new KeywardProvider(this, "Keyward");\nconst user = new ApiKeyUser(this, "Ci", { name: "ci" });\n';
  const code = {
    Readme: readme.replace(/^import .*\n/gm, ""),
    Declared: `new KeywardProvider(this, "Keyward");\n${declared}`,
    Guide: start + rotated,
    Drawn: start + drawn,
  };
  const imported = [...readme.matchAll(/^import \{ (.*) \} from "keyward\/cdktf";$/gm)].flatMap(
    ([, names = ""]) => names.split(", "),
  );
  const used = Object.keys(constructs).filter((name) =>
    new RegExp(`\\b${name}\\b`).test(Object.values(code).join()),
  );
  return [
    'import { App, TerraformStack } from "cdktf";',
    'import type { Construct } from "constructs";',
    `import { ${[...new Set([...imported, ...used])].join(", ")} } from "keyward/cdktf";`,
    ...Object.entries(code).map(
      ([name, text]) =>
        `export class ${name} extends TerraformStack {\nconstructor(scope: Construct, id: string) {\nsuper(scope, id);\n${text}\n}\n}`,
    ),
    'const app = new App();\nnew Readme(app, "readme");\nnew Guide(app, "guide");\nnew Drawn(app, "drawn");\napp.synth();',
  ].join("\n");
}

async function blocksOf(file: string): Promise<readonly string[]> {
  return [...(await readFile(file, "utf8")).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
}
