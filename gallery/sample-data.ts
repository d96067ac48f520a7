import { eq } from "drizzle-orm";
import { z } from "zod";
import { userApiKeys } from "../drizzle/schema.ts";
import { adminPassword, type RunningServer } from "./running-server.ts";

/** Row keys of what the sample data has. */
export interface SampleData {
  /** A user with several keys. */
  readonly user: number;
  /** A key of that user's with both lists. */
  readonly key: number;
  /** A user without keys. */
  readonly emptyUser: number;
  /** A disabled user. */
  readonly disabledUser: number;
  /** A user whose keys have long names and names in other scripts. */
  readonly wordyUser: number;
  /** A key that works from nowhere. */
  readonly shutKey: number;
}

const day = 86_400;

const created = z.object({ $key: z.coerce.number() });

/** Makes users, groups and keys as a small company has them, through the API, so that the logs tell of it as well. */
export async function makeSampleData(server: RunningServer, nowSeconds: number): Promise<SampleData> {
  const post = (table: string, body: unknown) => create(server, table, body);
  const user = await post("users", {
    name: "ci-deploy",
    displayname: "Continuous delivery",
    email: "platform@example.org",
    type: "api",
  });
  const emptyUser = await post("users", {
    name: "grace",
    displayname: "Grace Hopper",
    email: "grace@example.org",
  });
  const disabledUser = await post("users", { name: "intern-2025", displayname: "Intern", enabled: false });
  const wordyUser = await post("users", {
    name: "ada",
    displayname: "Ada Lovelace",
    email: "ada@example.org",
  });
  const group = await post("groups", { name: "Platform", description: "Who runs the machines" });
  await post("members", { parent_group: group, member: `/v4/users/${user}` });
  const key = await post("user_api_keys", {
    user,
    name: "deploy",
    description: "Deploys from the pipeline",
    expires: nowSeconds + 9 * day + 3600,
    ip_allow_entries: [
      { address: "192.0.2.0/24", enabled: true },
      { address: "2001:db8::/32", enabled: true },
      { address: "203.0.113.9", enabled: false },
    ],
    ip_deny_entries: [{ address: "192.0.2.66", enabled: true }],
  });
  await use(server, key, nowSeconds - 720, "192.0.2.17");
  const backup = await post("user_api_keys", {
    user,
    name: "nightly backup",
    expires: nowSeconds + 64 * day,
  });
  await use(server, backup, nowSeconds - 8 * 3600, "198.51.100.4");
  await post("user_api_keys", { user, name: "metrics exporter", description: "Reads only" });
  const old = await post("user_api_keys", { user, name: "old pipeline", expires: nowSeconds + day });
  await server.database
    .update(userApiKeys)
    .set({ expires: nowSeconds - 3 * day, created: nowSeconds - 400 * day })
    .where(eq(userApiKeys.key, old));
  const shutKey = await makeWordyKeys(post, wordyUser);
  return { user, key, emptyUser, disabledUser, wordyUser, shutKey };
}

/** Names at their longest, and in scripts that run the other way, as people do have them. */
async function makeWordyKeys(
  post: (table: string, body: unknown) => Promise<number>,
  user: number,
): Promise<number> {
  await post("user_api_keys", {
    user,
    name: "production-europe-west-3-continuous-delivery-pipeline-for-the-customer-portal-and-its-background-workers-deploy-key",
    description: "Deploys the customer portal and everything behind it. ".repeat(12),
  });
  await post("user_api_keys", { user, name: "\u05de\u05e4\u05ea\u05d7 \u05d2\u05d9\u05d1\u05d5\u05d9 (1)" });
  return post("user_api_keys", {
    user,
    name: "switched off for the audit",
    ip_allow_entries: [{ address: "192.0.2.0/24", enabled: false }],
  });
}

async function create(server: RunningServer, table: string, body: unknown): Promise<number> {
  const response = await fetch(`${server.url}/api/v4/${table}`, {
    method: "POST",
    headers: {
      Authorization: `Basic ${Buffer.from(`admin:${adminPassword}`).toString("base64")}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify(body),
  });
  return created.parse(await response.json()).$key;
}

function use(server: RunningServer, key: number, stamp: number, address: string): Promise<unknown> {
  return server.database
    .update(userApiKeys)
    .set({ lastloginStamp: stamp, lastloginIp: address })
    .where(eq(userApiKeys.key, key));
}
