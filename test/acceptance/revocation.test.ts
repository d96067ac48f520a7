import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, inject, test } from "vitest";
import { narrowings } from "./revocation/narrowings.ts";
import { type Fault, Trial, type TrialResult } from "./revocation/trial.ts";

/** Until when a trial goes on where the machine is too busy to show much. */
const durationMsMax = 150_000;

/** How long the trial of the real build goes on; longer ones are for whoever has the time. */
const durationMs = Number(process.env["REVOCATION_TRIAL_SECONDS"] ?? 12) * 1000;

const faults: readonly Fault[] = [
  "server stopped and continued",
  "connections to the database cut",
  "server killed and started again",
  "database restarted",
];

describe.skipIf(inject("postgresClusterUrl") === null)(
  "three servers on one Postgres",
  {
    timeout: durationMs + 2 * durationMsMax,
  },
  () => {
    test("let no key pass once the change that narrows it was answered, whatever breaks", async () => {
      const result = await Trial.run({
        durationMs,
        durationMsMax: durationMs + durationMsMax,
        program: "dist/cli/main.js",
        faults,
        isEnough: (seen) => seen.violations.length > 0 || whatIsMissing(seen).length === 0,
      });

      process.stdout.write(`${JSON.stringify({ ...result, violations: result.violations.length })}\n`);
      expect(result.violations).toEqual([]);
      expect(result.ended, "servers that did not outlive what broke around them").toEqual([]);
      expect(whatIsMissing(result)).toEqual([]);
    });

    test("are found out by this very trial when they do not look at their lease", async () => {
      const broken = await breakBuild(
        "server/gate/lease.js",
        /return !this\.#isDoubted [^;]+;/,
        "return true;",
      );
      try {
        const result = await Trial.run({
          durationMs: 0,
          durationMsMax,
          program: path.join(broken, "cli/main.js"),
          faults: ["connections to the database cut"],
          isEnough: ({ violations }) => violations.length > 0,
        });
        expect(result.violations.length).toBeGreaterThan(0);
      } finally {
        await rm(broken, { recursive: true, force: true });
      }
    });
  },
);

/** What a trial has seen too little of to prove anything. */
function whatIsMissing({ answered, faults: seen, passes, late }: TrialResult): readonly string[] {
  const changes = Object.values(answered).reduce((sum, count) => sum + count, 0);
  return [
    ...Object.keys(narrowings).filter((kind) => answered[kind] === undefined),
    ...faults.filter((fault) => seen[fault] === undefined),
    ...(changes < 200 ? [`only ${changes} changes were answered`] : []),
    ...(passes < 300 ? [`only ${passes} keys passed`] : []),
    ...(late < 2000 ? [`only ${late} verdicts were given on keys after their change`] : []),
  ];
}

/** A build in which one thing is otherwise; within the package, so that it finds its libraries. */
async function breakBuild(file: string, pattern: RegExp, replacement: string): Promise<string> {
  const code = await readFile(path.join("dist", file), "utf8");
  const broken = code.replace(pattern, replacement);
  expect(broken, "the build has nothing of the kind to break").not.toBe(code);
  const folder = await mkdtemp(path.resolve("dist-broken-"));
  for (const room of ["cli", "client", "contract", "drizzle", "server"]) {
    await cp(path.join("dist", room), path.join(folder, room), { recursive: true });
  }
  await writeFile(path.join(folder, file), broken);
  return folder;
}
