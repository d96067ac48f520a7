/**
 * Preloaded by the build into one run of the packaged provider (`node --import`): when that run ends, saves what V8 has
 * compiled of the bundle to the file that KEYWARD_CODE_CACHE names. After the run, so that it also holds the functions
 * that a start needs, which V8 compiles only when they are first called.
 */

import { writeFileSync } from "node:fs";
import vm from "node:vm";

const path = process.env["KEYWARD_CODE_CACHE"];
if (path === undefined) {
  throw new Error("KEYWARD_CODE_CACHE must name a file");
}

/** What the loader compiles the bundle with. */
class SavedScript extends vm.Script {
  constructor(code: string, options?: vm.ScriptOptions | string) {
    super(code, options);
    process.on("exit", () => writeFileSync(String(path), this.createCachedData()));
  }
}

Object.assign(vm, { Script: SavedScript });
