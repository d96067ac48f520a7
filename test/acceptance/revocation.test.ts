import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, inject, test } from "vitest";
import { narrowings } from "./revocation/narrowings.ts";
import { type Fault, Trial } from "./revocation/trial.ts";

/** How long the trial of the real build goes on; longer ones are for whoever has the time. */
const durationMs = Number(process.env["REVOCATION_TRIAL_SECONDS"] ?? 12) * 1000;

const faults: readonly Fault[] = [
  "server stopped and continued",
  "connections to the database cut",
  "server killed and started again",
  "database restarted",
];

describe.skipIf(inject("postgresClusterUrl") === null)("three servers on one Postgres", () => {
  test("let no key pass once the change that narrows it was answered, whatever breaks", async () => {
    const result = await Trial.run({ durationMs, program: "dist/cli/main.js", faults });

    process.stdout.write(`${JSON.stringify({ ...result, violations: result.violations.length })}\n`);
    expect(result.violations).toEqual([]);
    expect(result.ended, "servers that did not outlive what broke around them").toEqual([]);
    expect(Object.keys(result.answered).sort()).toEqual(Object.keys(narrowings).sort());
    expect(Object.keys(result.faults)).toHaveLength(faults.length);
    expect(result.passes, "too few keys passed to prove anything").toBeGreaterThan(300);
    expect(result.late, "too few keys were tried after their change").toBeGreaterThan(1000);
  });

  test("are found out by this very trial when they do not look at their lease", async () => {
    const broken = await breakBuild("server/gate/lease.js", /return \(?nowMs < [^;]+;/, "return true;");
    try {
      const program = path.join(broken, "cli/main.js");
      const cut = ["connections to the database cut"] as const;
      const result = await Trial.run({ durationMs: 45_000, program, faults: cut, untilViolation: true });
      expect(result.violations.length).toBeGreaterThan(0);
    } finally {
      await rm(broken, { recursive: true, force: true });
    }
  });
});

/** A build in which one thing is otherwise; within the package, so that it finds its libraries. */
async function breakBuild(file: string, pattern: RegExp, replacement: string): Promise<string> {
  const folder = await mkdtemp(path.resolve("dist-broken-"));
  for (const room of ["cli", "client", "contract", "drizzle", "server"]) {
    await cp(path.join("dist", room), path.join(folder, room), { recursive: true });
  }
  const place = path.join(folder, file);
  const code = await readFile(place, "utf8");
  const broken = code.replace(pattern, replacement);
  expect(broken, "the build has nothing of the kind to break").not.toBe(code);
  await writeFile(place, broken);
  return folder;
}
