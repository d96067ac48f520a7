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

/** The ways in which a file may travel, the shortest first, and how each is named on disk. */
export const encodings = [
  { encoding: "br", extension: ".br" },
  { encoding: "gzip", extension: ".gz" },
] as const;

/** One of the files as it travels. */
export interface Asset {
  readonly content: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** One of the files, compressed where the browser takes that; undefined for any other name. */
export async function readAsset(
  manifest: AssetManifest,
  name: string,
  acceptEncoding: string,
): Promise<Asset | undefined> {
  const types = {
    [manifest.script]: "text/javascript; charset=utf-8",
    [manifest.stylesheet]: "text/css; charset=utf-8",
  };
  const type = Object.entries(types).find(([known]) => known === name)?.[1];
  if (type === undefined) {
    return undefined;
  }
  const chosen = encodings.find(({ encoding }) => isAccepted(acceptEncoding, encoding));
  const headers = {
    "Content-Type": type,
    Vary: "Accept-Encoding",
    // RFC 9110 section 8.8.3: each encoding is a representation of its own, and so has a tag of its own.
    ETag: `"${name}${chosen?.extension ?? ""}"`,
    ...(chosen === undefined ? {} : { "Content-Encoding": chosen.encoding }),
  };
  return { content: await readFile(path.join(assetsFolder(), name + (chosen?.extension ?? ""))), headers };
}

/** RFC 9110 section 12.5.3, as far as browsers use it: a coding that is listed, unless with a weight of 0. */
function isAccepted(acceptEncoding: string, encoding: string): boolean {
  return acceptEncoding
    .toLowerCase()
    .split(",")
    .some((part) => {
      const [coding = "", ...parameters] = part.split(";").map((piece) => piece.trim());
      return coding === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    });
}
