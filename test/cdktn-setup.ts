import { cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";

declare module "vitest" {
  interface ProvidedContext {
    /** Which framework the constructs run on. */
    framework: "cdktf" | "cdktn";
  }
}

/** What a project has that says `"cdktf": "npm:cdktn"` in its package.json: the fork under the name of the original. */
export const aliasedModules = new URL("../node_modules/.cdktn/node_modules/", import.meta.url).pathname;

/**
 * Lays out such a project. The bindings of the null provider are copied, not linked, so that they find the fork beside them, as they do
 * where npm installs it under the name of the original.
 */
export function setup(): void {
  rmSync(aliasedModules, { recursive: true, force: true });
  mkdirSync(`${aliasedModules}@cdktf`, { recursive: true });
  symlinkSync("../../cdktn", `${aliasedModules}cdktf`);
  cpSync("node_modules/@cdktf/provider-null", `${aliasedModules}@cdktf/provider-null`, { recursive: true });
}
