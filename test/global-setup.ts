import type { TestProject } from "vitest/node";
import { findPostgres, startPostgresCluster } from "../bench/postgres-cluster.ts";
import { findChromium } from "../gallery/chromium.ts";
import { findTerraformClients } from "./terraform-cli.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Superuser URL of the throw-away Postgres of this run; null where Postgres is not installed. */
    postgresClusterUrl: string | null;
  }
}

/** Starts, once for all test files, what they share. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (findTerraformClients().length === 0) {
    missing("Terraform or OpenTofu", "the acceptance tests of the provider do not run");
  }
  if (findChromium() === undefined) {
    missing("Chromium", "the tests of the console in a browser do not run");
  }
  const programs = await findPostgres();
  if (programs === undefined) {
    missing("Postgres", "the tests that run on PGlite and on Postgres run on PGlite alone");
    project.provide("postgresClusterUrl", null);
    return undefined;
  }
  const cluster = await startPostgresCluster(programs);
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
