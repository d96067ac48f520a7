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

describe.each(names)("the example %s", (name) => {
  test.each([[], ["--hcl"]])("is applied, shown and destroyed: %j", async (...options) => {
    const { exitCode, output } = await run(name, ...options);
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/Apply complete! Resources: \d+ added/);
    expect(output).toContain("<sensitive>");
    expect(output).toMatch(/Destroy complete! Resources: [1-9]/);
    expect(output).not.toMatch(/kw_\w{12}_\w{10}/);
  });

  test("has what a reader needs: a program, its twin and a page", () => {
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
    [["team-keys", "more"], 'unknown argument "more"'],
  ])("refuses %j before it starts anything", async (parameters, message) => {
    const { exitCode, output } = await run(...parameters);
    expect(exitCode).toBe(2);
    expect(output).toContain(`example: ${message}`);
    expect(output).not.toContain("Start a Keyward server");
  });
});
