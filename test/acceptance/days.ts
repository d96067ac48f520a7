import postgres from "postgres";
import { expect } from "vitest";
import type { KeywardServer } from "./keyward-server.ts";

/** Lets days pass for every key there is, in the database, which takes one that lets a second process in: Postgres. */
export async function letPass(server: KeywardServer, days: number): Promise<void> {
  const sql = postgres(server.storage.variables["DATABASE_URL"] ?? expect.fail(), { max: 1 });
  const seconds = days * 86_400;
  await sql`update user_api_keys set created = created - ${seconds},
    expires = case when expires = 0 then 0 else expires - ${seconds} end`;
  await sql.end();
}
