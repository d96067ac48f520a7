import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** What one call of the stand-in was given. */
interface GhCall {
  readonly parameters: readonly string[];
  readonly secret: string;
}

/** A program named `gh` that talks to nobody. */
export interface GhStandIn {
  /** A PATH on which it comes first. */
  readonly path: string;
  /** What it was given so far, in order. */
  received(): Promise<readonly GhCall[]>;
}

/** Puts a stand-in for GitHub's command line into a folder: it writes down its parameters and its standard input. */
export async function standInForGh(folder: string): Promise<GhStandIn> {
  const programs = path.join(folder, "bin");
  const log = path.join(folder, "gh.log");
  const program = path.join(programs, "gh");
  await mkdir(programs, { recursive: true });
  await writeFile(program, `#!/bin/sh\n{ printf '%s ' "$@"; echo; cat; echo; } >> '${log}'\n`);
  await chmod(program, 0o755);
  return {
    path: `${programs}${path.delimiter}${process.env["PATH"] ?? ""}`,
    async received() {
      const lines = (await readFile(log, "utf8").catch(() => "")).split("\n").filter((line) => line !== "");
      return lines.flatMap((line, place) =>
        place % 2 === 0 ? [{ parameters: line.trim().split(" "), secret: lines[place + 1] ?? "" }] : [],
      );
    },
  };
}
