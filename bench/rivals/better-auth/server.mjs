import { apiKey } from "@better-auth/api-key";
import { serve } from "@hono/node-server";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { Hono } from "hono";
import pg from "pg";

const database = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const auth = betterAuth({
  database,
  secret: "a secret of the benchmark, 32 letters or more",
  baseURL: "http://127.0.0.1",
  emailAndPassword: { enabled: true },
  plugins: [apiKey({ rateLimit: { enabled: false } })],
});
const { runMigrations } = await getMigrations(auth.options);
await runMigrations();
const { user } = await auth.api.signUpEmail({
  body: { name: "bench", email: `bench${Date.now()}@example.org`, password: "a password of the benchmark" },
});
const { key } = await auth.api.createApiKey({ body: { userId: user.id } });
const app = new Hono();
app.get("/verify", async (context) => {
  const presented = context.req.header("Authorization")?.replace(/^Bearer /, "") ?? "";
  const { valid } = await auth.api.verifyApiKey({ body: { key: presented } });
  return valid ? context.json({ valid }) : context.json({ valid }, 401);
});
serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
  process.stdout.write(`${JSON.stringify({ port, key })}\n`);
});
