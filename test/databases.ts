import { randomUUID } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import type { OpenDatabase } from "../server/database.ts";
import { openPglite } from "../server/pglite.ts";
import { openPostgres } from "../server/postgres.ts";

/** A kind of database that the server runs on, and how a test gets an empty one. */
export interface DatabaseUnderTest {
  readonly name: "PGlite" | "Postgres";
  open(): Promise<OpenDatabase>;
}

/** Every kind of database there is here; the global setup says by name which one is missing. */
export function databasesUnderTest(): readonly DatabaseUnderTest[] {
  const pglite: DatabaseUnderTest = { name: "PGlite", open: () => openPglite("memory://") };
  const clusterUrl = inject("postgresClusterUrl");
  return clusterUrl === null
    ? [pglite]
    : [
        pglite,
        { name: "Postgres", open: async () => openPostgres(await createPostgresDatabase(clusterUrl)) },
      ];
}

/** Makes an empty database in the cluster and answers its URL. The cluster is thrown away whole at the end. */
export async function createPostgresDatabase(clusterUrl: string): Promise<string> {
  const name = `keyward_${randomUUID().replaceAll("-", "")}`;
  const client = new pg.Client(clusterUrl);
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(clusterUrl);
  url.pathname = `/${name}`;
  return url.href;
}
