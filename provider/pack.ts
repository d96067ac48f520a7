import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

/**
 * Packs the folders of a filesystem mirror into what registries hand out: a zip for each platform, SHA256SUMS, the
 * manifest that says which protocol is spoken, and an index for our own server.
 */
export async function packForRegistry(mirror: string, target: string, version: string): Promise<void> {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const packages = [];
  for (const platform of (await readdir(mirror)).sort()) {
    const [os = "", arch = ""] = platform.split("_");
    const filename = `terraform-provider-keyward_${version}_${platform}.zip`;
    const zip = await zipFolder(path.join(mirror, platform));
    await writeFile(path.join(target, filename), zip);
    packages.push({ os, arch, filename, shasum: createHash("sha256").update(zip).digest("hex") });
  }
  const manifestName = `terraform-provider-keyward_${version}_manifest.json`;
  const manifest = `${JSON.stringify({ version: 1, metadata: { protocol_versions: ["6.0"] } }, undefined, 2)}\n`;
  await writeFile(path.join(target, manifestName), manifest);
  const sums = [
    ...packages,
    { filename: manifestName, shasum: createHash("sha256").update(manifest).digest("hex") },
  ].map(({ filename, shasum }) => `${shasum}  ${filename}\n`);
  await writeFile(path.join(target, `terraform-provider-keyward_${version}_SHA256SUMS`), sums.join(""));
  await writeFile(path.join(target, "index.json"), JSON.stringify({ version, packages }));
}

/** The same files give the same bytes: entries are in order and of one time. */
async function zipFolder(folder: string): Promise<Buffer> {
  const zip = new ZipFile();
  for (const name of (await readdir(folder)).sort()) {
    const isProgram = name.startsWith("terraform-provider-");
    const mode = isProgram ? 0o100755 : 0o100644;
    zip.addBuffer(await readFile(path.join(folder, name)), name, {
      mtime: new Date(Date.UTC(2000, 0, 1)),
      mode,
    });
  }
  zip.end();
  return buffer(zip.outputStream);
}
