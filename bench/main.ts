/** Runs the benchmarks, all or one by its name: `npm run bench -- list`. */

import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const benchmarks = ["handshake", "provider", "list", "console"] as const;

const usage = `Usage: npm run bench [-- <name> [options]]

Runs one benchmark, or all of them: ${benchmarks.join(", ")}.
\`npm run bench -- <name> --help\` says what it measures.
`;

function main([name, ...rest]: readonly string[]): number {
  if (name === "--help") {
    process.stdout.write(usage);
    return 0;
  }
  const chosen = benchmarks.filter((benchmark) => name === undefined || benchmark === name);
  if (chosen.length === 0) {
    process.stderr.write(`there is no benchmark ${JSON.stringify(name)}\n\n${usage}`);
    return 2;
  }
  for (const benchmark of chosen) {
    process.stdout.write(`# ${benchmark}\n`);
    const file = path.join(path.dirname(fileURLToPath(import.meta.url)), `${benchmark}.js`);
    const { status } = spawnSync(process.execPath, [file, ...rest], { stdio: "inherit" });
    if (status !== 0) {
      return 1;
    }
  }
  return 0;
}

process.exitCode = main(process.argv.slice(2));
