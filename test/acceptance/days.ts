import pg from "pg";
import { expect } from "vitest";
import { z } from "zod";
import type { KeywardServer } from "./keyward-server.ts";

/**
 * Lets days pass for every key there is, in the database, which takes one that lets a second process in: Postgres. What is
 * changed there is not told to the server, so it is made to forget what it knows of keys.
 */
export async function letPass(server: KeywardServer, days: number): Promise<void> {
  const client = new pg.Client(server.storage.variables["DATABASE_URL"] ?? expect.fail());
  await client.connect();
  await client.query(
    "update user_api_keys set created = created - $1, expires = case when expires = 0 then 0 else expires - $1 end",
    [days * 86_400],
  );
  await client.end();
  const made = await server.call("/api/v4/groups", { method: "POST", body: { name: "of those who forget" } });
  const { $key } = z.object({ $key: z.string() }).parse(await made.json());
  expect((await server.call(`/api/v4/groups/${$key}`, { method: "DELETE" })).status).toBe(200);
}
