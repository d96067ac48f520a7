import { cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { cdktnProject } from "./cdktn-project.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Which framework the constructs run on. */
    framework: "cdktf" | "cdktn";
  }
}

/** What a program on the fork has installed: the fork under the name of the original, and what depends on it beside it. */
export const aliasedModules = new URL("../node_modules/.cdktn/node_modules/", import.meta.url).pathname;

/**
 * Lays out such a program as npm does from its package.json. What depends on the framework is copied, not linked, so that it finds the
 * fork beside it and not the original; the rest is found further up.
 */
export function setup(): void {
  rmSync(aliasedModules, { recursive: true, force: true });
  for (const [name, range] of Object.entries(cdktnProject.dependencies)) {
    const place = path.join(aliasedModules, name);
    mkdirSync(path.dirname(place), { recursive: true });
    const alias = /^npm:(.+)@/.exec(range)?.[1];
    if (alias !== undefined) {
      symlinkSync(path.resolve("node_modules", alias), place);
    } else if (name in cdktnProject.overrides) {
      cpSync(path.join("node_modules", name), place, { recursive: true });
    }
  }
}
