import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { generateBindings } from "./bindings/generate-bindings.ts";

const folder = new URL("../cdktf/generated/", import.meta.url);

test("the CDKTF bindings are those of the provider's schema (npm run generate)", async () => {
  const files = await generateBindings();

  for (const { name, content } of files) {
    await expect(content).toMatchFileSnapshot(new URL(name, folder).pathname);
  }
  expect((await readdir(folder)).sort()).toEqual(files.map((file) => file.name).sort());
  expect(files.length).toBeGreaterThanOrEqual(3);
});
