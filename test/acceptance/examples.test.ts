import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

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

/** By name, so that one that went missing is missed. */
const names = ["ci-deploy-key", "team-keys", "rotating-pipeline-secret", "gateway"];

/** What each shows beside. */
const shown: Readonly<Record<string, RegExp>> = {
  "rotating-pipeline-secret": /gh secret set DEPLOY_KEY[\s\S]*it rotates[\s\S]*gh secret set DEPLOY_KEY/,
  gateway:
    /with the key: 200[\s\S]*without the key: 401[\s\S]*not on the allow list: 403[\s\S]*same key through nginx: 401|SKIPPED: nginx/,
};

describe("the examples", () => {
  // One run for all, because a server of its own for each would take most of the time; each test waits for its own part of it.
  let runner: ChildProcess;
  let output = "";
  let hasEnded: Promise<unknown>;
  beforeAll(() => {
    const started = spawn(process.execPath, ["dist/examples/runner/main.js", ...names, "--both"]);
    for (const stream of [started.stdout, started.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString("utf8");
      });
    }
    hasEnded = once(started, "close");
    runner = started;
  });
  afterAll(async () => {
    runner.kill("SIGTERM");
    await hasEnded;
  });

  const heading = (name: string) => `Synthesise the CDKTF program ${name} and apply it`;
  const untilPast = async (name: string): Promise<void> => {
    const next = names[names.indexOf(name) + 1];
    while (runner.exitCode === null && (next === undefined || !output.includes(heading(next)))) {
      await Promise.race([hasEnded, sleep(100)]);
    }
  };

  test.each(names)(
    "%s is applied, shown and destroyed, as a CDKTF program and in Terraform's own language",
    async (name) => {
      await untilPast(name);
      const part = output.slice(output.indexOf(heading(name)));
      const [asProgram = "", rest = ""] = part.split(`Apply main.tf of ${name}`);
      const [asTwin = ""] = rest.split("2. Synthesise");
      for (const way of [asProgram, asTwin]) {
        expect(way, output).toMatch(
          /Apply complete! Resources: [1-9][\s\S]*<sensitive>[\s\S]*Destroy complete! Resources: [1-9]/,
        );
        expect(way).toMatch(shown[name] ?? /the plan is empty/);
      }
    },
  );

  test("are done without a complaint, and without a secret said", async () => {
    await hasEnded;
    expect(runner.exitCode, output).toBe(0);
    expect(output).toContain("Every step held");
    expect(output).not.toMatch(/kw_\w{12}_\w{10}/);
  });

  test.each(names)(
    "have what a reader of %s needs: a program, its twin and a page with its commands",
    (name) => {
      expect(readdirSync(`examples/${name}`)).toEqual(
        expect.arrayContaining(["README.md", "main.tf", "main.ts"]),
      );
      const page = readFileSync(`examples/${name}/README.md`, "utf8");
      expect(page).toContain(`npm run example -- ${name} `);
      expect(page).toContain(`node dist/examples/${name}/main.js`);
      expect(page).toContain(`cd cdktf.out/stacks/${name}\n`);
    },
  );
});

describe("the runner of examples", () => {
  test("says what there is", async () => {
    const { exitCode, output } = await run("--help");
    expect(exitCode).toBe(0);
    for (const name of names) {
      expect(output).toMatch(new RegExp(`^  ${name} +[a-z]`, "m"));
    }
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
