import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const pages = ["README.md", "docs/protect-an-application.md"];

/** What a reader who has followed the pages has installed. */
const packages = ["hono", "@hono/node-server", "@types/node", "zod", "lru-cache", "undici-types"];

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "keyward-snippets-"));
  for (const name of packages) {
    const place = path.join(folder, "node_modules", name);
    await mkdir(path.dirname(place), { recursive: true });
    await symlink(path.resolve("node_modules", name), place);
  }
  // The package as it is published: its own exports lead to what the build made.
  await symlink(process.cwd(), path.join(folder, "node_modules", "keyward"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("what the pages show of applications that guard themselves compiles as it stands", async () => {
  const texts = await Promise.all(pages.map((page) => readFile(page, "utf8")));
  const snippets = texts
    .flatMap((text) => [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = ""]) => code))
    .filter((code) => /"keyward\/(hono|client)"/.test(code));
  expect(snippets.length).toBeGreaterThanOrEqual(3);
  await Promise.all(snippets.map((code, place) => writeFile(path.join(folder, `snippet-${place}.ts`), code)));
  const compilerOptions = {
    module: "nodenext",
    target: "es2023",
    lib: ["es2023"],
    types: ["node"],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  };
  await writeFile(path.join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));

  const compiled = promisify(execFile)(path.resolve("node_modules/.bin/tsc"), ["--project", folder]);
  const faults = await compiled.then(
    () => "",
    (error: unknown) => (error instanceof Error && "stdout" in error ? error.stdout : String(error)),
  );
  expect(faults).toBe("");
});
