import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import * as schema from "../drizzle/schema.ts";
import { holdDataFolder } from "./data-folder.ts";
import { migrations, type OpenDatabase } from "./database.ts";

/**
 * Opens the embedded database in a folder, made when it is not there. Fails if another process has it open: two
 * processes on one folder destroy it, and PGlite does not guard against that. "memory://" is a database of its own
 * that is gone when it is closed, for tests.
 */
export async function openPglite(folder: string): Promise<OpenDatabase> {
  if (folder === "memory://") {
    return migratedPglite(new PGlite(), async () => {});
  }
  const release = await holdDataFolder(folder);
  try {
    const location = path.join(folder, "pglite");
    if (!existsSync(location)) {
      await initialise(folder, location);
    }
    return await migratedPglite(new PGlite(location), release);
  } catch (error) {
    await release();
    throw error;
  }
}

/** Made beside its place and renamed when it is whole, so that a process killed meanwhile leaves nothing half-made. */
async function initialise(folder: string, location: string): Promise<void> {
  const unfinished = path.join(folder, "pglite.unfinished");
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  const pglite = new PGlite(unfinished);
  await pglite.waitReady;
  await pglite.close();
  await rename(unfinished, location);
}

async function migratedPglite(pglite: PGlite, release: () => Promise<void>): Promise<OpenDatabase> {
  const database = drizzle(pglite, { schema });
  await migrate(database, migrations);
  const close = async () => {
    await pglite.close();
    await release();
  };
  return { database, description: "PGlite", close };
}
