import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";

/** The version that the bindings of @cdktf/provider-null pin. */
const version = "3.2.4";

/** Where an unqualified `null` is looked for by Terraform and by OpenTofu. */
const hosts = ["registry.terraform.io", "registry.opentofu.org"];

/**
 * Lays out the stand-in for hashicorp/null of `test/null-provider` as a filesystem mirror, for machines that reach no registry. It
 * is built from its source each time and ships with nothing.
 */
export async function layOutNullProvider(root: string, mirror: string): Promise<void> {
  const bundle = path.join(mirror, "null-provider.cjs");
  await build({
    entryPoints: [path.join(root, "test/null-provider/main.ts")],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20.19",
    external: ["@grpc/proto-loader"],
    logLevel: "warning",
  });
  const platform = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
  for (const host of hosts) {
    const folder = path.join(mirror, host, "hashicorp/null", version, platform);
    await mkdir(folder, { recursive: true });
    const executable = path.join(folder, `terraform-provider-null_v${version}`);
    await writeFile(executable, `#!/bin/sh\nexec node '${bundle.replaceAll("'", `'\\''`)}' "$@"\n`);
    await chmod(executable, 0o755);
  }
}
