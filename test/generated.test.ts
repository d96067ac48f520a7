import { readdir, readFile } from "node:fs/promises";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import { expect, test } from "vitest";
import * as schema from "../drizzle/schema.ts";
import { createProvider } from "../provider/provider.ts";
import { generateBindings } from "./bindings/generate-bindings.ts";
import { constructDocumentation } from "./documentation/construct-documentation.ts";
import { providerDocumentation } from "./documentation/provider-documentation.ts";

const folder = new URL("../cdktf/generated/", import.meta.url);

test("the CDKTF bindings are those of the provider's schema (npm run generate)", async () => {
  const files = await generateBindings();

  for (const { name, content } of files) {
    await expect(content).toMatchFileSnapshot(new URL(name, folder).pathname);
  }
  expect((await readdir(folder)).sort()).toEqual(files.map((file) => file.name).sort());
  expect(files.length).toBeGreaterThanOrEqual(3);
});

test("the documentation is that of the provider's schema (npm run generate)", async () => {
  const pages = providerDocumentation(createProvider({}));
  const docs = new URL("../docs/", import.meta.url);

  for (const { name, content } of pages) {
    await expect(content).toMatchFileSnapshot(new URL(name, docs).pathname);
  }
  for (const kind of ["resources", "data-sources", "ephemeral-resources", "functions"]) {
    const files = (await readdir(new URL(`${kind}/`, docs))).map((name) => `${kind}/${name}`).sort();
    expect(files).toEqual(
      pages
        .map(({ name }) => name)
        .filter((name) => name.startsWith(`${kind}/`))
        .sort(),
    );
  }
});

test("the reference of the constructs is that of their doc comments (npm run generate)", async () => {
  const page = constructDocumentation();
  expect(page.split("\n### ").length, "the reader found too little to be right").toBeGreaterThan(30);
  await expect(`${page}\n`).toMatchFileSnapshot(new URL("../docs/constructs.md", import.meta.url).pathname);
});

test("the migrations make the tables of the schema (npm run generate)", async () => {
  const meta = new URL("../drizzle/migrations/meta/", import.meta.url);
  const newest = (await readdir(meta))
    .filter((name) => name.endsWith("_snapshot.json"))
    .sort()
    .at(-1);
  const migrated = JSON.parse(await readFile(new URL(newest ?? "", meta), "utf8"));

  expect(await generateMigration(migrated, generateDrizzleJson(schema))).toEqual([]);
});
