import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databasesUnderTest } from "../databases.ts";
import { TestServer } from "./test-server.ts";

describe.each(databasesUnderTest())("two clients at once on $name", ({ open, name }) => {
  // The embedded database does one statement at a time, however many wait; fewer show the same there.
  const many = name === "Postgres" ? 1000 : 200;

  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(await open());
  });
  afterAll(() => server.stop());

  const countStatuses = (answers: readonly { readonly status: number }[]) => {
    const counts: Record<number, number> = {};
    for (const { status } of answers) {
      counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  };

  test(`of ${many} who create a key of the same name one does, and the others are told`, async () => {
    const body = { user: 1, name: "wanted by all" };
    const answers = await Promise.all(
      Array.from({ length: many }, () => server.post("/api/v4/user_api_keys", body)),
    );
    expect(countStatuses(answers)).toEqual({ 201: 1, 409: many - 1 });
    expect(await server.list("/api/v4/user_api_keys?filter=name eq 'wanted by all'")).toHaveLength(1);
    const audited = await server.list("/api/v4/logs?filter=text ct 'wanted by all'");
    expect(audited, "what was refused is not in the audit trail").toHaveLength(1);
  });

  test("of a hundred who create a user of the same name one does", async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => server.post("/api/v4/users", { name: "wanted" })),
    );
    expect(countStatuses(answers)).toEqual({ 201: 1, 409: 99 });
  });

  test("of fifty who change the version that they have read one does, and the others are told", async () => {
    const { key } = await server.createApiKey({ user: 1, name: "fought over" });
    const path = `/api/v4/user_api_keys/${key}`;
    const tag = (await server.request(path)).headers.get("ETag") ?? "";
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, place) =>
        server.put(path, { description: `by ${place}` }, { headers: { "If-Match": tag } }),
      ),
    );
    expect(countStatuses(answers)).toEqual({ 200: 1, 412: 49 });
  });

  test("of those who delete and change one key none finds half of it", async () => {
    const { key } = await server.createApiKey({ user: 1, name: "going" });
    const path = `/api/v4/user_api_keys/${key}`;
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, place) =>
        place === 20 ? server.delete(path) : server.put(path, { description: `by ${place}` }),
      ),
    );
    const counts = countStatuses(answers);
    expect(Object.keys(counts).every((status) => ["200", "404"].includes(status))).toBe(true);
    expect((await server.request(path)).status).toBe(404);
  });

  test("of creates beside deletes of what they refer to none is a fault of the server", async () => {
    for (let round = 0; round < 8; round += 1) {
      const user = await server.createUser({ name: `round ${round}` });
      const group = await server.create("/api/v4/groups", { name: `round ${round}` });
      const answers = await Promise.all([
        server.post("/api/v4/members", { parent_group: group, member: `users/${user}` }),
        server.post("/api/v4/user_api_keys", { user, name: "raced" }),
        server.delete(`/api/v4/users/${user}`),
        server.post("/api/v4/members", { parent_group: group, member: `users/${user}` }),
        server.delete(`/api/v4/groups/${group}`),
      ]);
      expect(answers.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
    }
  });

  test("two groups that are put into each other do not both get there", async () => {
    const [a, b] = await Promise.all(
      ["circle a", "circle b"].map((name) => server.create("/api/v4/groups", { name })),
    );
    const answers = await Promise.all([
      server.post("/api/v4/members", { parent_group: a, member: `groups/${b}` }),
      server.post("/api/v4/members", { parent_group: b, member: `groups/${a}` }),
    ]);
    expect(countStatuses(answers)).toEqual({ 201: 1, 422: 1 });
  });
});
