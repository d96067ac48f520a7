import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { z } from "zod";

/** Where the console's script and stylesheet are served; the names in it hold a hash of their content. */
export const assetsPath = "/console/assets";

/** Names of the files that a page links to. */
const assetManifest = z.object({ script: z.string(), stylesheet: z.string() });

/** Names of the files that a page links to. */
export type AssetManifest = z.output<typeof assetManifest>;

/** The folder that `npm run build` puts them in. */
export function assetsFolder(): string {
  const root = path.dirname(createRequire(import.meta.url).resolve("keyward/package.json"));
  return path.join(root, "dist/console");
}

/** Reads the names, once: the files of a running server do not change. */
export function assetReader(): () => Promise<AssetManifest> {
  let manifest: Promise<AssetManifest> | undefined;
  return () => {
    manifest ??= readManifest();
    return manifest;
  };
}

async function readManifest(): Promise<AssetManifest> {
  return assetManifest.parse(JSON.parse(await readFile(path.join(assetsFolder(), "manifest.json"), "utf8")));
}

/** One of the files; undefined for any other name. */
export async function readAsset(
  manifest: AssetManifest,
  name: string,
): Promise<{ readonly content: Uint8Array; readonly type: string } | undefined> {
  const types = {
    [manifest.script]: "text/javascript; charset=utf-8",
    [manifest.stylesheet]: "text/css; charset=utf-8",
  };
  const type = Object.entries(types).find(([known]) => known === name)?.[1];
  return type === undefined ? undefined : { content: await readFile(path.join(assetsFolder(), name)), type };
}
