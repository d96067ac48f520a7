import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { pakFile } from "../../cdktf/index.ts";

const folder = mkdtempSync(path.join(tmpdir(), "keyward-pak-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command of the target as a `PipelineSecret` has it run, with a text that is no secret. */
function deliver(file: string): { readonly status: number | null; readonly stderr: string } {
  const { command, environment } = pakFile({ path: file });
  return spawnSync("/bin/sh", ["-eu", "-c", command], {
    cwd: folder,
    env: { PATH: process.env["PATH"], ...environment, KEYWARD_SECRET: "a secret" },
    encoding: "utf8",
  });
}

test.each(["deploy.PAK", "with space.PAK", "-n.PAK", "--help", "./below"])(
  "a file named %s gets the secret, for its owner alone, in place of what it had",
  (file) => {
    writeFileSync(path.join(folder, file), "old", { mode: 0o644 });
    expect(deliver(file)).toMatchObject({ status: 0, stderr: "" });
    expect(readFileSync(path.join(folder, file), "utf8")).toBe("a secret\n");
    expect(statSync(path.join(folder, file)).mode & 0o777).toBe(0o600);
  },
);

test("a path that is a folder is refused, and nothing is left in it or beside it", () => {
  mkdirSync(path.join(folder, "secrets"));
  const before = readdirSync(folder);
  const { status, stderr } = deliver("secrets");
  expect(status).toBe(1);
  expect(stderr).toBe("secrets is a folder; path has to name the file, such as secrets/deploy.PAK\n");
  expect(readdirSync(path.join(folder, "secrets"))).toEqual([]);
  expect(readdirSync(folder)).toEqual(before);
});
