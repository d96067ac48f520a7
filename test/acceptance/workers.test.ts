import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { z } from "zod";
import { issuedApiKey } from "../../contract/user-api-keys.ts";
import { createPostgresDatabase } from "../postgres-databases.ts";
import { createStorage, KeywardServer } from "./keyward-server.ts";

const connections = 6;

describe.skipIf(inject("postgresClusterUrl") === null)("a server of two workers", () => {
  let server: KeywardServer;
  let databaseUrl = "";
  let adminSecret = "";
  /** Connections are dealt out to the workers in turn, so of several each worker has some. */
  let agents: readonly http.Agent[] = [];

  beforeAll(async () => {
    databaseUrl = await createPostgresDatabase(inject("postgresClusterUrl") ?? "");
    server = await KeywardServer.start(
      await createStorage({ DATABASE_URL: databaseUrl, KEYWARD_WORKERS: "2", KEYWARD_LOG_LEVEL: "info" }),
    );
    await listening(2);
    adminSecret = await server.createAdminSecret("workers");
    agents = connect();
    await vi.waitFor(async () => expect(sampleOf(await metrics(), "keyward_lease_held")).toBe(2), {
      timeout: 10_000,
    });
    await statuses(adminSecret);
  });
  afterAll(async () => {
    for (const agent of agents) {
      agent.destroy();
    }
    await server.remove();
  });

  const connect = () =>
    Array.from({ length: connections }, () => new http.Agent({ keepAlive: true, maxSockets: 1 }));

  /** The processes that have said so often that they listen, oldest first. */
  const pids = () =>
    [...server.output.matchAll(/"pid":(\d+),[^\n]*"msg":"listening"/g)].map(([, pid]) => Number(pid));

  const listening = async (count: number) => {
    await vi.waitFor(() => expect(pids()).toHaveLength(count), { timeout: 30_000 });
  };

  const get = (agent: http.Agent, path: string, secret?: string, timeout = 0) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const headers = secret === undefined ? {} : { Authorization: `Bearer ${secret}` };
      const request = http.get(server.url + path, { agent, headers, timeout }, async (response) => {
        let text = "";
        for await (const chunk of response) {
          text += chunk;
        }
        resolve({ status: response.statusCode ?? 0, text });
      });
      request.on("timeout", () => request.destroy(new Error("late"))).once("error", reject);
    });

  const statuses = async (secret: string) => {
    const answers = await Promise.all(agents.map((agent) => get(agent, "/auth/verify", secret)));
    return [...new Set(answers.map(({ status }) => status))];
  };

  const createKey = async (name: string, user = 1) => {
    const answer = await server.call("/api/v4/user_api_keys", {
      method: "POST",
      secret: adminSecret,
      body: { user, name },
    });
    return issuedApiKey.required({ key: true }).parse(await answer.json());
  };

  /** Whatever of several connections is answered: the first process deals one to a worker that does not take it. */
  const metrics = async (): Promise<string> => {
    const fresh = connect();
    const { text } = await Promise.any(fresh.map((agent) => get(agent, "/metrics", undefined, 8000)));
    for (const agent of fresh) {
      agent.destroy();
    }
    return text;
  };
  const sampleOf = (text: string, name: string) => Number(new RegExp(`^${name} (\\S+)`, "m").exec(text)?.[1]);

  test("remembers a key in both, and refuses it in both from the answer to its deletion on", async () => {
    const before = sampleOf(await metrics(), "keyward_gate_memory_keys");
    const { $key, key } = await createKey("in both");
    expect(await statuses(key)).toEqual([200]);
    const text = await metrics();
    expect(sampleOf(text, "keyward_gate_memory_keys") - before, "each worker has it").toBe(2);
    expect(sampleOf(text, "keyward_lease_held")).toBe(2);
    expect(sampleOf(text, "keyward_database_connections")).toBeGreaterThanOrEqual(2);
    expect(sampleOf(text, "keyward_database_waiting")).toBe(0);

    const path = `/api/v4/user_api_keys/${$key}`;
    expect((await server.call(path, { method: "DELETE", secret: adminSecret })).status).toBe(200);
    expect(await statuses(key)).toEqual([401]);
  });

  test("says that a row is gone only when all know of what is on its way, and forgets nothing for it", async () => {
    const { key } = await createKey("of a bystander");
    const remembered = async () => sampleOf(await metrics(), "keyward_gate_memory_keys");
    const user = await server.call("/api/v4/users", {
      method: "POST",
      secret: adminSecret,
      body: { name: "may nothing", type: "api" },
    });
    const made = z.object({ $key: z.string() }).parse(await user.json());
    const own = await createKey("own", Number(made.$key));
    expect(await statuses(own.key)).toEqual([200]);
    expect(await statuses(key)).toEqual([200]);
    const before = await remembered();
    const remove = async () => {
      const gone = { method: "DELETE", secret: own.key };
      const answers = ["users", "permissions", "members", "groups", "user_api_keys"].map((table) =>
        server.call(`/api/v4/${table}/987654`, gone),
      );
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    const database = new pg.Client(databaseUrl);
    await database.connect();
    try {
      expect(await remove()).toEqual([404, 404, 404, 404, 404]);
      expect(await remembered()).toBe(before);

      // As another server writes down a change of its own, which it has not told all others of yet.
      await database.query(
        `insert into pending_changes (id, subjects) values ('of another', '["key 987654"]')`,
      );
      const startedMs = performance.now();
      const late = remove();
      setTimeout(() => void database.query("delete from pending_changes where id = 'of another'"), 600);
      expect(await late).toEqual([404, 404, 404, 404, 404]);
      expect(performance.now() - startedMs).toBeGreaterThan(590);
    } finally {
      await database.end();
    }
  });

  test("remembers keys through any number of grants and memberships of others, which work at once", async () => {
    const user = await server.call("/api/v4/users", {
      method: "POST",
      secret: adminSecret,
      body: { name: "to be given something", type: "api" },
    });
    const made = z.object({ $key: z.string() }).parse(await user.json());
    const given = await createKey("given", Number(made.$key));
    const bystander = await createKey("given nothing");
    const right = "/auth/verify?table=vms&action=delete";
    const all = async () =>
      Promise.all(agents.map(async (agent) => (await get(agent, right, given.key)).status));
    expect(new Set(await all())).toEqual(new Set([403]));
    expect(await statuses(bystander.key)).toEqual([200]);
    const before = sampleOf(await metrics(), "keyward_gate_memory_misses_total");

    const rows = await server.call(`/api/v4/users/${made.$key}?fields=identity`, { secret: adminSecret });
    const { identity } = z.object({ identity: z.string() }).parse(await rows.json());
    const body = { identity: Number(identity), table: "vms", row: 0, delete: true };
    const grant = await server.call("/api/v4/permissions", { method: "POST", secret: adminSecret, body });
    expect(grant.status).toBe(201);

    expect(new Set(await all())).toEqual(new Set([200]));
    expect(await statuses(bystander.key)).toEqual([200]);
    expect(sampleOf(await metrics(), "keyward_gate_memory_misses_total")).toBe(before);
  });

  test("outlives a worker that is stopped and one that is killed, and starts another in its place", async () => {
    const { key } = await createKey("lasting");
    expect(await statuses(key)).toEqual([200]);
    const passed = 'keyward_verdicts_total{outcome="allowed"}';
    const counted = (text: string) => sampleOf(text, passed.replaceAll(/[{}]/g, "\\$&"));
    const before = counted(await metrics());
    const [stopped = 0, killed = 0] = pids();

    process.kill(stopped, "SIGSTOP");
    try {
      const asked = metrics();
      const text = await asked;
      expect(sampleOf(text, "keyward_workers_silent")).toBe(1);
      expect(counted(text), "what the stopped one has counted").toBe(before);
      // While the first process waits for the one, the other goes away.
      const late = metrics().catch(() => "");
      await sleep(100);
      process.kill(killed, "SIGKILL");
      await late;
      await listening(3);
      expect(counted(await metrics()), "what the killed one had counted").toBe(before);
    } finally {
      process.kill(stopped, "SIGCONT");
    }
    for (const agent of agents) {
      agent.destroy();
    }
    agents = connect();
    expect(await statuses(key)).toEqual([200]);
    expect(sampleOf(await metrics(), "keyward_workers_silent")).toBe(0);
    expect(server.hasEnded).toBe(false);
  });
});
