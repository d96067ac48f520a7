import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import type { z } from "zod";
import { packageIndex, registry } from "../contract/registry.ts";
import type { Database } from "./database.ts";
import { notFound } from "./errors.ts";
import { mount, type Router } from "./mount.ts";
import { openSigner, type Signer } from "./registry-signer.ts";

/** Where the packages are that `npm run build` made. */
function packagesFolder(): string {
  const root = path.dirname(createRequire(import.meta.url).resolve("keyward/package.json"));
  return path.join(root, "dist/registry");
}

const protocols = ["6.0"];
const filesPath = "/registry/files";

/**
 * Mounts Terraform's registry protocol, so that `terraform init` installs the provider from the very server that it works
 * with. Packages are signed by a key that is made when it is first asked for and kept in the database: who trusts the
 * server's certificate trusts its signatures, and a package that somebody changed on the way is refused.
 */
export function mountRegistry(router: Router, database: Database): void {
  const signerOnce = remembered(() => openSigner(database));
  mount(router, registry.discovery, () => ({ "providers.v1": "/registry/v1/providers/" }));
  mount(router, registry.versions, async () => {
    const index = await readIndex();
    const platforms = index.packages.map(({ os, arch }) => ({ os, arch }));
    return { versions: [{ version: index.version, protocols, platforms }] };
  });
  mount(router, registry.package, async (_, { params }) => {
    const index = await readIndex();
    const found = index.packages.find(({ os, arch }) => os === params.os && arch === params.arch);
    if (found === undefined || params.version !== index.version) {
      throw notFound();
    }
    const sums = sumsName(index.version);
    const { keyId, publicKey } = await signerOnce();
    return {
      ...found,
      protocols,
      download_url: `${filesPath}/${found.filename}`,
      shasums_url: `${filesPath}/${sums}`,
      shasums_signature_url: `${filesPath}/${sums}.sig`,
      signing_keys: { gpg_public_keys: [{ key_id: keyId, ascii_armor: publicKey }] },
    };
  });
  router.hono.get(`${filesPath}/:name`, async (context) => {
    const file = await readPackageFile(context.req.param("name"), signerOnce);
    return context.body(new Uint8Array(file), 200, { "Content-Type": "application/octet-stream" });
  });
}

function sumsName(version: string): string {
  return `terraform-provider-keyward_${version}_SHA256SUMS`;
}

/** A server that runs without a build has no provider to hand out. */
async function readIndex(): Promise<z.output<typeof packageIndex>> {
  const text = await readFile(path.join(packagesFolder(), "index.json"), "utf8").catch(() => undefined);
  if (text === undefined) {
    throw notFound();
  }
  return packageIndex.parse(JSON.parse(text));
}

/** Only names from the index are ever opened. */
async function readPackageFile(name: string, signer: () => Promise<Signer>): Promise<Uint8Array> {
  const index = await readIndex();
  const sums = sumsName(index.version);
  if (name === `${sums}.sig`) {
    const { sign } = await signer();
    return sign(await readFile(path.join(packagesFolder(), sums)));
  }
  if (name !== sums && !index.packages.some(({ filename }) => filename === name)) {
    throw notFound();
  }
  return readFile(path.join(packagesFolder(), name));
}

/** Does the work once, for all who ask; and once more for who asks after it failed. */
function remembered<T>(work: () => Promise<T>): () => Promise<T> {
  let outcome: Promise<T> | undefined;
  return () => {
    outcome ??= work().catch((error: unknown) => {
      outcome = undefined;
      throw error;
    });
    return outcome;
  };
}
