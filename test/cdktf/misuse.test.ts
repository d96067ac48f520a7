import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { misuse } from "./misuse.ts";

test("misuse does not compile: what the compiler checks has the file, and the file has the cases", () => {
  expect(misuse).toBeTypeOf("function");
  const configuration: unknown = JSON.parse(readFileSync("tsconfig.json", "utf8"));
  expect(configuration).toMatchObject({
    include: expect.arrayContaining(["**/*.ts"]),
    exclude: ["node_modules", "dist", "server/console/browser"],
  });
  const lines = readFileSync("test/cdktf/misuse.ts", "utf8").split("\n");
  expect(lines.filter((line) => line.includes("@ts-expect-error:")).length).toBeGreaterThan(25);
});
