import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { holdDataFolder } from "./data-folder.ts";
import { migrations, type OpenDatabase } from "./database.ts";

/**
 * Opens the embedded database in a folder, made when it is not there. Fails if another process has it open: two
 * processes on one folder destroy it, and PGlite does not guard against that.
 */
export async function openPglite(folder: string): Promise<OpenDatabase> {
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

/**
 * Opens an embedded database that is gone when it is closed. To make one takes seconds; `begun` is what another one,
 * dumped, has of it.
 */
export function openInMemory(begun?: Blob): Promise<OpenDatabase> {
  const pglite = new PGlite(begun === undefined ? {} : { loadDataDir: begun });
  return migratedPglite(pglite, async () => {});
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
  const database = drizzle(pglite);
  await migrate(database, migrations);
  const close = async () => {
    await pglite.close();
    await release();
  };
  return { database, description: "PGlite", connections: undefined, close };
}
