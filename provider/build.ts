/**
 * Packs the compiled provider as a filesystem mirror under dist/mirror, and for registries under dist/registry; part of
 * `npm run build`. A package is a shell
 * script that Terraform runs, the loader and the bundle that it starts, and a code cache where one could be made.
 */

import { chmod, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";
import { packForRegistry } from "./pack.ts";
import { connect, createHostIdentity, hostEnvironment, startPlugin } from "./plugin/host.ts";

/** Platforms that run shell scripts; Windows would need an executable file. */
const platforms = ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"];

/** Names that sort after the script's, or Terraform would take one of them for the executable. */
const loaderName = "keyward-provider.cjs";
const bundleName = "keyward-provider.bundle.cjs";

const bundled: BuildOptions = {
  bundle: true,
  minify: true,
  platform: "node",
  format: "cjs",
  // The licences of what is bundled travel with it.
  legalComments: "eof",
  logLevel: "warning",
};

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const { version }: { version: string } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
const mirror = join(root, "dist/mirror/registry.terraform.io/keyward/keyward", version);

await rm(join(root, "dist/mirror"), { recursive: true, force: true });
await bundle();
await makeCodeCache();
for (const platform of platforms) {
  await layOut(platform);
}
await packForRegistry(mirror, join(root, "dist/registry"), version);
for (const file of [loaderName, bundleName, codeCacheName()]) {
  await rm(join(here, file));
}

async function bundle(): Promise<void> {
  await build({
    ...bundled,
    entryPoints: [join(here, "loader.js")],
    outfile: join(here, loaderName),
    target: "node10",
  });
  await build({
    ...bundled,
    entryPoints: [join(here, "main.js")],
    outfile: join(here, bundleName),
    target: "node20.19",
    // Only gRPC's channelz and ORCA services would load it, and this server has neither.
    external: ["@grpc/proto-loader"],
  });
}

/** One start and stop as Terraform does it, with the code cache saved at the end. */
async function makeCodeCache(): Promise<void> {
  const identity = createHostIdentity();
  const plugin = await startPlugin(
    [process.execPath, "--import", join(here, "code-cache.js"), join(here, loaderName)],
    { ...hostEnvironment(identity), KEYWARD_CODE_CACHE: join(here, codeCacheName()) },
  );
  const connection = connect(plugin.handshake, identity);
  await connection.call("/tfplugin6.Provider/GetProviderSchema");
  await connection.call("/tfplugin6.Provider/ValidateProviderConfig");
  await connection.call("/plugin.GRPCController/Shutdown");
  connection.close();
  await plugin.exited;
}

async function layOut(platform: string): Promise<void> {
  const directory = join(mirror, platform);
  await mkdir(directory, { recursive: true });
  const files = [loaderName, bundleName, ...(platform === ownPlatform() ? [codeCacheName()] : [])];
  for (const file of files) {
    await copyFile(join(here, file), join(directory, file));
  }
  const executable = join(directory, `terraform-provider-keyward_v${version}`);
  await writeFile(executable, shellScript());
  await chmod(executable, 0o755);
}

/** The name that the loader looks for; a cache is only of use to the same node on the same machine type. */
function codeCacheName(): string {
  return `keyward-provider.${process.version}-${process.platform}-${process.arch}.cache`;
}

function ownPlatform(): string {
  return `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
}

/**
 * `exec`, because Terraform kills this very process. Without node, one line on stdout is all that reaches the user:
 * Terraform shows what it gets instead of a handshake.
 */
function shellScript(): string {
  return `#!/bin/sh
command -v node >/dev/null 2>&1 || {
  echo "The Keyward provider needs Node.js 20.19 or later, and there is no node on the PATH."
  exit 1
}
directory=\${0%/*}
[ "$directory" = "$0" ] && directory=.
exec node "$directory/${loaderName}" "$@"
`;
}
