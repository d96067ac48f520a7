import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { type AssetManifest, assetsFolder, encodings } from "./assets.ts";

/** What was made: the names, and how many bytes each is as it travels to a browser of today. */
export interface Bundle extends AssetManifest {
  readonly compressedBytes: { readonly script: number; readonly stylesheet: number };
}

/**
 * Makes the console's script and stylesheet from `source`, the folder `server/console/browser`. Each name holds a hash of
 * the content, so that browsers may keep a file for good. The manifest is written last and whole.
 */
export async function bundleAssets(source: string): Promise<Bundle> {
  const folder = assetsFolder();
  await mkdir(folder, { recursive: true });
  const { outputFiles } = await build({
    entryPoints: { console: path.join(source, "main.ts"), style: path.join(source, "style.css") },
    entryNames: "[name].[hash]",
    outdir: folder,
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2022", "chrome123", "firefox121", "safari17.5"],
    logLevel: "warning",
    write: false,
  });
  const named = outputFiles.map((file) => ({ name: path.basename(file.path), content: file.contents }));
  for (const { name, content } of named) {
    await writeWhole(path.join(folder, name), content);
    for (const { encoding, extension } of encodings) {
      await writeWhole(path.join(folder, name + extension), compress[encoding](content));
    }
  }
  const script = named.find(({ name }) => name.endsWith(".js"));
  const stylesheet = named.find(({ name }) => name.endsWith(".css"));
  if (script === undefined || stylesheet === undefined) {
    throw new Error("the build made no script or no stylesheet");
  }
  const manifest: AssetManifest = { script: script.name, stylesheet: stylesheet.name };
  await writeWhole(path.join(folder, "manifest.json"), JSON.stringify(manifest));
  const compressedBytes = {
    script: compress.br(script.content).length,
    stylesheet: compress.br(stylesheet.content).length,
  };
  return { ...manifest, compressedBytes };
}

const compress = {
  br: (content: Uint8Array) => brotliCompressSync(content),
  gzip: (content: Uint8Array) => gzipSync(content, { level: 9 }),
} as const;

/** A server or a test that reads at this moment finds the old file or the new one, never half of one. */
async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, content);
  await rename(unfinished, file);
}
