import { randomUUID } from "node:crypto";
import pg from "pg";
import { openPostgres } from "../server/postgres.ts";

/**
 * Makes a database in the cluster, with nothing in it but the schema, and answers its URL. The cluster is thrown away
 * whole at the end.
 */
export async function createPostgresDatabase(clusterUrl: string): Promise<string> {
  const name = `keyward_${randomUUID().replaceAll("-", "")}`;
  const client = new pg.Client(clusterUrl);
  await client.connect();
  await client.query(`create database ${name} template ${templateDatabase}`);
  await client.end();
  return databaseUrl(clusterUrl, name);
}

const templateDatabase = "keyward_template";

/** Makes, once in a cluster, what {@link createPostgresDatabase} makes copies of. */
export async function createTemplateDatabase(clusterUrl: string): Promise<void> {
  const client = new pg.Client(clusterUrl);
  await client.connect();
  await client.query(`create database ${templateDatabase}`);
  await client.end();
  const opened = await openPostgres(databaseUrl(clusterUrl, templateDatabase));
  await opened.close();
}

function databaseUrl(clusterUrl: string, name: string): string {
  const url = new URL(clusterUrl);
  url.pathname = `/${name}`;
  return url.href;
}
