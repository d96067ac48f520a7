import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { issuedApiKey, rotatedApiKey } from "../../contract/user-api-keys.ts";
import { idempotentAnswers } from "../../drizzle/schema.ts";
import { databasesUnderTest } from "../databases.ts";
import { TestServer } from "./test-server.ts";

const path = "/api/v4/user_api_keys";

describe.each(databasesUnderTest())("an API key made with an Idempotency-Key on $name", ({ open }) => {
  let server: TestServer;
  let user: number;

  beforeAll(async () => {
    server = await TestServer.start(await open());
    user = await server.createUser({ name: "ci", type: "api" });
  });
  afterAll(() => server.stop());

  const post = (to: string, body: unknown, header: string) =>
    server.post(to, body, { headers: { "Idempotency-Key": header } });

  test("is made once, and a retry gets the same answer, secret included, for a day", async () => {
    const header = randomUUID();
    const body = { user, name: "retried" };
    const first = await post(path, body, header);
    expect(first.status).toBe(201);
    expect((await post(path, body, header)).json).toEqual(first.json);
    const many = await Promise.all(Array.from({ length: 8 }, () => post(path, body, header)));
    expect(many.map(({ json }) => json)).toEqual(many.map(() => first.json));
    expect(await server.list(`${path}?filter=name eq 'retried'`)).toHaveLength(1);
    server.nowMs += 86_400_000;
    expect((await post(path, body, header)).status, "forgotten: the name is taken").toBe(409);
  });

  test("is made once by many at once", async () => {
    const header = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post(path, { user, name: "raced" }, header)),
    );
    expect(new Set(answers.map(({ json }) => JSON.stringify(json))).size).toBe(1);
    expect(answers[0]?.status).toBe(201);
  });

  test("is rotated once", async () => {
    const header = randomUUID();
    const { key } = await server.createApiKey({ user, name: "rotated once" });
    const first = await post(`${path}/${key}/rotate`, { overlap: 60 }, header);
    expect((await post(`${path}/${key}/rotate`, { overlap: 60 }, header)).json).toEqual(first.json);
    expect(await server.list(`${path}?filter=name bw 'rotated once'`)).toHaveLength(2);
  });

  test("is given again where the retry names the version that the rotation itself has changed", async () => {
    const { key } = await server.createApiKey({ user, name: "versioned once" });
    const etag = (await server.request(`${path}/${key}`)).headers.get("ETag") ?? "";
    const rotateOnce = (header: string) =>
      server.post(`${path}/${key}/rotate`, {}, { headers: { "Idempotency-Key": header, "If-Match": etag } });
    const header = randomUUID();
    const first = await rotateOnce(header);
    expect(first.status).toBe(201);
    expect((await rotateOnce(header)).json).toEqual(first.json);
    expect((await rotateOnce(randomUUID())).status, "another rotation").toBe(412);
  });

  test("is given again when the predecessor is gone, to whoever may rotate the successor", async () => {
    const owner = await server.createPerson("idempotent owner");
    const { key } = await server.createApiKey({ user: owner.key, name: "succeeded" });
    const header = randomUUID();
    const retry = (as: string) =>
      server.post(`${path}/${key}/rotate`, {}, { as, headers: { "Idempotency-Key": header } });
    const first = await retry(owner.as);
    await server.delete(`${path}/${key}`);
    expect((await retry(owner.as)).json).toEqual(first.json);
    const onItself = `identity eq ${owner.identity} and table eq 'users'`;
    const [grant] = await server.list(`/api/v4/permissions?filter=${onItself}`);
    await server.put(`/api/v4/permissions/${grant?.["$key"]}`, { modify: false });
    expect((await retry(owner.as)).status, "who may not any more").toBe(404);
    await server.put(`/api/v4/permissions/${grant?.["$key"]}`, { modify: true });
    const { $key } = rotatedApiKey.parse(first.json);
    await server.delete(`${path}/${$key}`);
    expect((await retry(owner.as)).status, "a secret that opens nothing").toBe(404);
  });

  test("is refused when the same header comes with another body, or is none", async () => {
    const header = randomUUID();
    await post(path, { user, name: "one body" }, header);
    const another = await post(path, { user, name: "another body" }, header);
    expect([another.status, another.json]).toEqual([
      422,
      { err: "Idempotency-Key: was used for another body already; send a new one for a new change" },
    ]);
    expect((await post(path, { user, name: "short" }, "short")).status).toBe(400);
  });

  test("is not another user's to have", async () => {
    const header = randomUUID();
    const body = { user, name: "mine alone" };
    await post(path, body, header);
    const stranger = await server.createBareUser("idempotent stranger");
    const answer = await server.post(path, body, {
      as: stranger.as,
      headers: { "Idempotency-Key": header },
    });
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.json)).not.toContain("kw_");
  });

  test("is not given again to somebody who may not do it any more", async () => {
    const header = randomUUID();
    const helper = await server.createBareUser("helper");
    const grant = await server.grant(helper.identity, "users", helper.key, "list modify");
    const body = { user: helper.key, name: "while allowed" };
    const as = helper.as;
    const ask = () => server.post(path, body, { as, headers: { "Idempotency-Key": header } });
    expect((await ask()).status).toBe(201);
    expect((await ask()).status).toBe(201);
    await server.delete(`/api/v4/permissions/${grant}`);
    expect((await ask()).status).toBe(422);
  });

  test("is not kept when it was refused: the next attempt is one", async () => {
    const header = randomUUID();
    const body = { user, name: "refused first", expires: server.nowSeconds + 10 };
    server.nowMs += 20_000;
    expect((await post(path, body, header)).status).toBe(422);
    server.nowMs -= 20_000;
    expect((await post(path, body, header)).status).toBe(201);
  });

  test("keeps no secret that the database alone could give away", async () => {
    const header = randomUUID();
    const answer = await post(path, { user, name: "sealed" }, header);
    const { key = "" } = issuedApiKey.parse(answer.json);
    const stored = await server.database.select().from(idempotentAnswers);
    const bytes = Buffer.concat(stored.flatMap((kept) => [kept.requestHash, kept.bodyHash, kept.answer]));
    expect(bytes.length).toBeGreaterThan(100);
    expect(bytes.includes(key.slice(16, 40))).toBe(false);
    expect(bytes.includes(header)).toBe(false);
  });
});
