import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";

/** Runs the runner of the build, as `npm run example -- ...` does. */
function run(...parameters: readonly string[]): Promise<{ exitCode: number; output: string }> {
  const program = ["dist/examples/runner/main.js", ...parameters];
  return new Promise((resolve) => {
    execFile(process.execPath, program, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ exitCode, output: stdout + stderr });
    });
  });
}

const names = readdirSync("examples", { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && readdirSync(`examples/${entry.name}`).includes("main.tf"))
  .map(({ name }) => name);

describe("the examples", () => {
  test.concurrent.each([
    { way: "as CDKTF programs", options: [] },
    { way: "in Terraform's own language", options: ["--hcl"] },
  ])("are applied, shown and destroyed $way", async ({ options }) => {
    const { exitCode, output } = await run(...names, ...options);
    expect(exitCode, output).toBe(0);
    for (const step of [
      /Apply complete! Resources: [1-9]/g,
      /<sensitive>/g,
      /Destroy complete! Resources: [1-9]/g,
    ]) {
      expect(output.match(step)?.length).toBeGreaterThanOrEqual(names.length);
    }
    expect(output).not.toMatch(/kw_\w{12}_\w{10}/);
  });

  test.each(names)("have what a reader of %s needs: a program, its twin and a page", (name) => {
    expect(readdirSync(`examples/${name}`)).toEqual(
      expect.arrayContaining(["README.md", "main.tf", "main.ts"]),
    );
  });
});

describe("the runner of examples", () => {
  test("says what there is", async () => {
    const { exitCode, output } = await run("--help");
    expect(exitCode).toBe(0);
    for (const name of names) {
      expect(output).toMatch(new RegExp(`^  ${name} +[a-z]`, "m"));
    }
    expect(names.length).toBeGreaterThanOrEqual(3);
  });

  test.each([
    [[], "which one? Give its name"],
    [["no-such"], 'there is no example "no-such"'],
    [["team-keys", "--fast"], 'unknown argument "--fast"'],
    [["team-keys", "more"], 'there is no example "more"'],
  ])("refuses %j before it starts anything", async (parameters, message) => {
    const { exitCode, output } = await run(...parameters);
    expect(exitCode).toBe(2);
    expect(output).toContain(`example: ${message}`);
    expect(output).not.toContain("Start a Keyward server");
  });
});
