import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import type { TestProject } from "vitest/node";
import { findPostgres, startPostgresCluster } from "../bench/postgres-cluster.ts";
import { findChromium } from "../gallery/chromium.ts";
import { openPglite } from "../server/pglite.ts";
import { createTemplateDatabase } from "./postgres-databases.ts";
import { findTerraformClients } from "./terraform-cli.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Superuser URL of the throw-away Postgres of this run; null where Postgres is not installed. */
    postgresClusterUrl: string | null;
    /** An embedded database without anything in it: as a folder, and as PGlite dumps one. */
    pgliteTemplate: { readonly folder: string; readonly dump: string };
  }
}

/** Starts, once for all test files, what they share. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (findTerraformClients().length === 0) {
    missing("Terraform or OpenTofu", "the acceptance tests of the provider do not run");
  }
  if (findChromium() === undefined) {
    missing("Chromium", "the tests of the console in a browser do not run");
  }
  const template = await makePgliteTemplate();
  project.provide("pgliteTemplate", template);
  const stopPostgres = await startPostgres(project);
  return async () => {
    await stopPostgres?.();
    await rm(template.folder, { recursive: true, force: true });
  };
}

/** To make an embedded database takes seconds, to take one over a tenth of one. */
async function makePgliteTemplate(): Promise<{ readonly folder: string; readonly dump: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), "keyward-template-"));
  await (await openPglite(folder)).close();
  const pglite = new PGlite(path.join(folder, "pglite"));
  // What is dumped before it is open never comes.
  await pglite.waitReady;
  const dump = path.join(folder, "dump.tar");
  await writeFile(dump, (await pglite.dumpDataDir("none")).stream());
  await pglite.close();
  return { folder, dump };
}

async function startPostgres(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const programs = await findPostgres();
  if (programs === undefined) {
    missing("Postgres", "the tests that run on PGlite and on Postgres run on PGlite alone");
    project.provide("postgresClusterUrl", null);
    return undefined;
  }
  const cluster = await startPostgresCluster(programs, { isDurable: false });
  await createTemplateDatabase(cluster.url);
  project.provide("postgresClusterUrl", cluster.url);
  return cluster.stop;
}

/** CI has everything, so there a missing component is a fault; elsewhere it is said plainly. */
function missing(component: string, consequence: string): void {
  if (process.env["CI"] !== undefined) {
    throw new Error(`${component} is not installed, and in CI it must be`);
  }
  process.stderr.write(`SKIPPED: ${component} is not installed: ${consequence}\n`);
}
