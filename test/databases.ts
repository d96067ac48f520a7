import { readFile } from "node:fs/promises";
import { inject } from "vitest";
import type { OpenDatabase } from "../server/database.ts";
import { openInMemory } from "../server/pglite.ts";
import { openPostgres } from "../server/postgres.ts";
import { createPostgresDatabase } from "./postgres-databases.ts";

/** A kind of database that the server runs on, and how a test gets an empty one. */
export interface DatabaseUnderTest {
  readonly name: "PGlite" | "Postgres";
  open(): Promise<OpenDatabase>;
}

/** Every kind of database there is here; the global setup says by name which one is missing. */
export function databasesUnderTest(): readonly DatabaseUnderTest[] {
  const pglite: DatabaseUnderTest = { name: "PGlite", open: openMemory };
  const clusterUrl = inject("postgresClusterUrl");
  return clusterUrl === null
    ? [pglite]
    : [
        pglite,
        { name: "Postgres", open: async () => openPostgres(await createPostgresDatabase(clusterUrl)) },
      ];
}

/** An empty embedded database in memory, begun from the one that the global setup made. */
export async function openMemory(): Promise<OpenDatabase> {
  return openInMemory(await emptyDump());
}

/** What an embedded database can be begun from. */
export async function emptyDump(): Promise<Blob> {
  return new Blob([await readFile(inject("pgliteTemplate").dump)]);
}
