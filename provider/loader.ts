/**
 * The first file of the packaged provider, compiled for very old versions of node, so that these too get as far as the
 * sentence below. Then it runs the bundle beside it, from V8's code cache if this node is the one it was made with.
 */

import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  // On stdout: Terraform shows the user what a plugin prints there instead of a handshake.
  writeSync(
    1,
    `The Keyward provider needs Node.js 20.19 or later; the node on your PATH is ${process.version}.\n`,
  );
  process.exit(1);
}

const directory = dirname(process.argv[1] ?? "");
const bundlePath = join(directory, "keyward-provider.bundle.cjs");
const source = `(function(exports,require,module){${readFileSync(bundlePath, "utf8")}\n})`;
const script = new Script(source, { filename: bundlePath, ...cachedData() });
script.runInThisContext()({}, createRequire(bundlePath), { exports: {} });

/** V8 itself refuses a cache that does not fit its version or flags; the name tells what it cannot tell. */
function cachedData(): { cachedData?: Buffer } {
  const name = `keyward-provider.${process.version}-${process.platform}-${process.arch}.cache`;
  try {
    return { cachedData: readFileSync(join(directory, name)) };
  } catch {
    return {};
  }
}
