import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { databasesUnderTest } from "../databases.ts";
import { basic, bearer, TestServer, type TestUser } from "./test-server.ts";

const users = "/api/v4/users";
const keys = "/api/v4/user_api_keys";
const permissions = "/api/v4/permissions";

describe.each(databasesUnderTest())("rights on $name", ({ open }) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(await open());
  });
  afterAll(() => server.stop());

  const names = async (path: string, as: string) =>
    (await server.list(path, { as })).map((row) => row["name"]);

  test("without a grant there is nothing: not listed, not counted, not found", async () => {
    const { as, key } = await server.createBareUser("nobody");
    for (const table of ["users", "groups", "members", "permissions", "user_api_keys", "settings", "logs"]) {
      expect(await server.list(`/api/v4/${table}`, { as }), table).toEqual([]);
    }
    const missing = await server.refusal(`${users}/999999`, { as });
    expect(await server.refusal(`${users}/${key}`, { as }), "not even itself").toEqual(missing);
    expect(await server.refusal("/api/v4/settings/cloud_name", { as })).toEqual(missing);
  });

  test("list shows a row, read opens it, modify changes it, delete deletes it", async () => {
    const { as, identity } = await server.createBareUser("stepwise");
    const target = await server.createUser({ name: "target", email: "t@example.org" });
    const path = `${users}/${target}`;
    const attempt = async () => [
      (await server.list(users, { as })).length,
      (await server.request(path, { as })).status,
      (await server.put(path, { displayname: "T" }, { as })).status,
    ];

    expect(await attempt()).toEqual([0, 404, 404]);
    const grant = await server.grant(identity, "users", target, "list");
    expect(await attempt()).toEqual([1, 403, 403]);
    expect(
      (await server.list(users, { as }))[0],
      "what is beyond the summary is read, not listed",
    ).toMatchObject({
      name: "target",
      email: null,
      identity: null,
    });
    await server.put(`${permissions}/${grant}`, { read: true });
    expect(await attempt()).toEqual([1, 200, 403]);
    await server.put(`${permissions}/${grant}`, { modify: true });
    expect(await attempt()).toEqual([1, 200, 200]);
    expect((await server.delete(path, { as })).status).toBe(403);
    await server.put(`${permissions}/${grant}`, { delete: true });
    expect((await server.delete(path, { as })).status).toBe(200);
    expect(await attempt()).toEqual([0, 404, 404]);
  });

  test("a value that may not be read cannot be guessed by filters or order either", async () => {
    const { as, identity } = await server.createBareUser("guesser");
    const rich = await server.createUser({ name: "rich", email: "rich@example.org" });
    const poor = await server.createUser({ name: "poor", email: "poor@example.org" });
    await server.grant(identity, "users", rich, "list");
    await server.grant(identity, "users", poor, "list");
    const found = (query: string) => names(`${users}?${query}`, as);

    expect(await found("filter=email eq 'rich@example.org'")).toEqual([]);
    expect(await found("filter=email bw 'r'")).toEqual([]);
    expect(await found("filter=email ne 'rich@example.org'")).toEqual(["rich", "poor"]);
    expect(await found("filter=email eq null")).toEqual(["rich", "poor"]);
    expect(await found("sort=email")).toEqual(["rich", "poor"]);
    expect(await found("sort=-email")).toEqual(["rich", "poor"]);
  });

  test("a row that may not be listed is not joined, not counted and not filtered by", async () => {
    const { as, identity } = await server.createBareUser("joiner");
    const group = await server.create("/api/v4/groups", { name: "half hidden" });
    const hidden = await server.createUser({ name: "hidden" });
    await server.create("/api/v4/members", { parent_group: group, member: `users/${hidden}` });
    await server.grant(identity, "groups", group, "list read");

    expect(await server.list("/api/v4/members", { as })).toMatchObject([
      { member: `/v4/users/${hidden}`, member_display: null },
    ]);
    expect(await server.list("/api/v4/members?filter=member%23name eq 'hidden'", { as })).toEqual([]);
    const other = await server.createBareUser("counter");
    await server.grant(other.identity, "users", hidden, "list read");
    const counted = `${users}?fields=name,count(api_keys) as keys,count(memberships) as groups,api_keys[name]`;
    await server.createApiKey({ user: hidden, name: "unseen" });
    expect(await server.list(counted, { as: other.as })).toEqual([
      { name: "hidden", keys: 0, groups: 0, api_keys: [] },
    ]);
  });

  test("come from groups too, also through other groups, while these are enabled", async () => {
    const { as, key } = await server.createBareUser("nested");
    const [outer, inner] = await Promise.all(
      ["outer", "inner"].map((name) => server.create("/api/v4/groups", { name })),
    );
    const [row] = await server.list(`/api/v4/groups?filter=$key eq ${outer}`);
    await server.grant(Number(row?.["identity"]), "groups", 0, "list");
    await server.create("/api/v4/members", { parent_group: outer, member: `groups/${inner}` });
    const isAllowed = async () => (await server.list("/api/v4/groups", { as })).length > 0;

    expect(await isAllowed()).toBe(false);
    const membership = await server.create("/api/v4/members", {
      parent_group: inner,
      member: `users/${key}`,
    });
    expect(await isAllowed()).toBe(true);
    for (const group of [outer, inner]) {
      await server.put(`/api/v4/groups/${group}`, { enabled: false });
      expect(await isAllowed(), "a group that is disabled gives nothing").toBe(false);
      await server.put(`/api/v4/groups/${group}`, { enabled: true });
    }
    expect(await isAllowed()).toBe(true);
    await server.delete(`/api/v4/members/${membership}`);
    expect(await isAllowed(), "at once").toBe(false);
  });

  test("five rights on everything make a system administrator", async () => {
    const { as, identity } = await server.createBareUser("second admin");
    const isAdministrator = async () => (await server.request("/auth/whoami", { as })).json;
    const grant = await server.grant(identity, "/", 0, "list read create modify");
    expect(await isAdministrator()).toMatchObject({ system_administrator: false });
    expect(await server.list("/api/v4/logs", { as })).toEqual([]);
    expect((await server.request("/api/v4/users/$table", { as })).status).toBe(403);

    await server.put(`${permissions}/${grant}`, { delete: true });

    expect(await isAdministrator()).toMatchObject({ system_administrator: true });
    expect((await server.list("/api/v4/logs?limit=3", { as })).length).toBe(3);
    expect((await server.request("/api/v4/users/$table", { as })).json).toMatchObject({ name: "users" });
  });

  describe("of an administrator of a part", () => {
    let part: TestUser;
    let mine: number;
    let other: number;

    beforeAll(async () => {
      part = await server.createBareUser("part");
      const alone = await server.createBareUser("mine");
      mine = alone.key;
      other = await server.createUser({ name: "other" });
      await server.grant(part.identity, "users", mine, "list read modify");
    });

    test("reach the users of the part and their keys, and end there", async () => {
      const foreign = await server.createApiKey({ user: other, name: "foreign" });
      expect(await names(users, part.as)).toEqual(["mine"]);
      expect(await names(keys, part.as)).toEqual(["own"]);
      const made = await server.post(keys, { user: mine, name: "made for it" }, { as: part.as });
      expect(made.status).toBe(201);
      expect(await names(keys, part.as)).toEqual(["own", "made for it"]);
      expect(
        await server.refusal(keys, { method: "POST", body: { user: other, name: "x" }, as: part.as }),
      ).toEqual({
        status: 422,
        err: `user: there is no user with $key ${other}`,
      });
      for (const method of ["GET", "PUT", "DELETE"]) {
        const body = method === "PUT" ? { body: {} } : {};
        const refused = await server.refusal(`${keys}/${foreign.key}`, { method, as: part.as, ...body });
        expect(refused.status).toBe(404);
      }
    });

    test("are what its keys carry, exactly, and from moment to moment", async () => {
      const { secret } = await server.createApiKey({ user: part.key, name: "second key" });
      const as = bearer(secret);
      expect(await names(users, as)).toEqual(await names(users, part.as));
      const grant = await server.grant(part.identity, "users", other, "list");
      expect(await names(users, as)).toEqual(["mine", "other"]);
      await server.delete(`${permissions}/${grant}`);
      expect(await names(users, as)).toEqual(["mine"]);
    });

    test("do not grow by granting, by joining a group, or by acting as somebody", async () => {
      const { as, identity, key } = part;
      const refusal = (path: string, body: unknown, method = "POST") =>
        server.refusal(path, { method, body, as });
      expect((await refusal(permissions, { identity, table: "users", row: other })).err).toBe(
        "you may not create permissions",
      );
      const grant = await server.grant(identity, "permissions", 0, "create");
      expect((await refusal(permissions, { identity, table: "users", row: other })).err).toBe(
        "list: you cannot grant a right that you do not hold yourself",
      );
      expect((await refusal(permissions, { identity, table: "/", row: 0, list: true })).status).toBe(403);
      const passedOn = { identity, table: "users", row: mine, list: false, read: true };
      expect((await refusal(permissions, { ...passedOn, delete: true })).err).toMatch(
        /^delete: you cannot grant/,
      );
      await server.delete(`${permissions}/${grant}`);

      const administrators = await server.grant(identity, "groups", 1, "list read modify");
      const join = { parent_group: 1, member: `users/${mine}` };
      expect((await refusal("/api/v4/members", join)).err).toBe(
        "parent_group: the group gives rights that you do not hold yourself",
      );
      await server.put("/api/v4/groups/1", { description: "allowed" }, { as });
      await server.delete(`${permissions}/${administrators}`);
      const sleeping = await server.create("/api/v4/groups", { name: "sleeping", enabled: false });
      const [group] = await server.list(`/api/v4/groups?filter=$key eq ${sleeping}`);
      await server.create("/api/v4/members", { parent_group: sleeping, member: `users/${key}` });
      await server.grant(Number(group?.["identity"]), "users", 0, "delete");
      const overSleeping = await server.grant(identity, "groups", sleeping, "list read modify");
      const member = await server.createBareUser("member of a strong group");
      const strong = await server.create("/api/v4/groups", { name: "strong" });
      const [strongGroup] = await server.list(`/api/v4/groups?filter=$key eq ${strong}`);
      await server.grant(Number(strongGroup?.["identity"]), "/", 0, "list read create modify delete");
      await server.create("/api/v4/members", { parent_group: strong, member: `users/${member.key}` });
      const overMember = await server.grant(identity, "users", member.key, "list modify");
      const overStrong = await server.grant(identity, "groups", strong, "list modify");
      expect((await server.put(`/api/v4/groups/${strong}`, { enabled: false }, { as })).status).toBe(200);
      expect((await refusal(keys, { user: member.key, name: "while it sleeps" })).err).toBe(
        'user: user "member of a strong group" has rights that you do not hold yourself',
      );
      await server.delete(`${permissions}/${overMember}`);
      await server.delete(`${permissions}/${overStrong}`);
      expect((await refusal(`/api/v4/groups/${sleeping}`, { enabled: true }, "PUT")).err).toBe(
        "enabled: the group gives rights that you do not hold yourself",
      );
      await server.delete(`${permissions}/${overSleeping}`);

      const overAdmin = await server.grant(identity, "users", 1, "list read modify");
      expect((await refusal(keys, { user: 1, name: "minted" })).err).toBe(
        'user: user "admin" has rights that you do not hold yourself',
      );
      expect((await refusal(`${users}/1`, { password: "another password" }, "PUT")).err).toBe(
        'password: user "admin" has rights that you do not hold yourself',
      );
      const adminKey = await server.createApiKey({ user: 1, name: "to be rotated" });
      expect((await refusal(`${keys}/${adminKey.key}/rotate`, {})).status).toBe(403);
      await server.delete(`${permissions}/${overAdmin}`);
      expect((await refusal(`${users}/${key}`, { physical_access: true }, "PUT")).status).toBe(404);
    });
  });

  describe("of an administrator with VergeOS' default rights", () => {
    let part: TestUser;
    let made: number;

    beforeAll(async () => {
      part = await server.createPerson("pa");
      await server.grant(part.identity, "users", 0, "list read create");
      made = await server.create(users, { name: "sub1" }, { as: part.as });
    });

    test("reach whoever it makes: keys, passwords, names, and both ways of the switch", async () => {
      const path = `${users}/${made}`;
      const issued = await server.post(keys, { user: made, name: "for sub1" }, { as: part.as });
      expect(issued.status).toBe(201);
      const { key: secret } = z.object({ key: z.string() }).parse(issued.json);
      const who = async () => (await server.request("/auth/whoami", { as: bearer(secret) })).status;
      for (const [body, status] of [
        [{ password: "password of sub1" }, 200],
        [{ name: "sub-one" }, 200],
        [{ enabled: false }, 401],
        [{ enabled: true }, 200],
      ] as const) {
        expect((await server.put(path, body, { as: part.as })).status, JSON.stringify(body)).toBe(200);
        expect(await who()).toBe(status);
      }
      expect((await server.post(`${path}/disable`, {}, { as: part.as })).status).toBe(200);
      expect((await server.post(`${path}/enable`, {}, { as: part.as })).status).toBe(200);
    });

    test("end at system administrators, and at whoever may do more", async () => {
      const [equal, more, boss] = await Promise.all(
        ["an equal", "more", "boss"].map((name) => server.createPerson(name)),
      );
      await server.put(`${users}/${boss?.key}`, { physical_access: true });
      await server.grant(more?.identity ?? 0, "logs", 0, "list read");
      const statuses = [];
      for (const person of [equal, more, boss]) {
        const over = await server.grant(part.identity, "users", person?.key ?? 0, "list read modify");
        const path = `${users}/${person?.key}`;
        for (const body of [{ password: "taken over now" }, { name: `old ${person?.key}` }]) {
          statuses.push((await server.put(path, body, { as: part.as })).status);
        }
        statuses.push(
          (await server.post(keys, { user: person?.key, name: "minted" }, { as: part.as })).status,
        );
        await server.delete(`${permissions}/${over}`);
      }
      expect(statuses).toEqual([200, 200, 201, 403, 403, 403, 403, 403, 403]);
      expect(
        await server.refusal(permissions, {
          method: "POST",
          body: { identity: part.identity, table: "/", row: 0 },
          as: part.as,
        }),
        "and nothing on everything is given away",
      ).toMatchObject({ status: 403 });
    });
  });

  test("to a name stay with whoever has it: nobody renames itself, or whoever may do more", async () => {
    const helper = await server.createPerson("name helper");
    await server.grant(helper.identity, "users", 0, "list read modify");
    const chief = await server.createUser({ name: "chief", physical_access: true });
    expect(
      await server.refusal(`${users}/${chief}`, {
        method: "PUT",
        body: { name: "was-chief" },
        as: helper.as,
      }),
    ).toEqual({ status: 403, err: 'name: user "chief" has rights that you do not hold yourself' });
    const person = await server.createPerson("plain person");
    const body = { name: "chief-to-be", displayname: "Chief" };
    expect(await server.refusal(`${users}/${person.key}`, { method: "PUT", body, as: person.as })).toEqual({
      status: 403,
      err: "name: you cannot rename yourself; ask somebody who may modify all users",
    });
    expect((await server.put(`${users}/${person.key}`, body, { as: helper.as })).status).toBe(200);
    expect(
      (await server.put(`${users}/${helper.key}`, { name: "helper two" }, { as: helper.as })).status,
    ).toBe(200);

    const group = await server.create("/api/v4/groups", { name: "deployers" });
    const [row] = await server.list(`/api/v4/groups?filter=$key eq ${group}`);
    await server.grant(Number(row?.["identity"]), "logs", 0, "list");
    await server.grant(person.identity, "groups", group, "list read modify");
    expect(
      await server.refusal(`/api/v4/groups/${group}`, { method: "PUT", body: { name: "x" }, as: person.as }),
    ).toEqual({ status: 403, err: "name: the group gives rights that you do not hold yourself" });
  });

  test("of a key do not make a password of it, but those of a password and of a session do", async () => {
    const user = await server.createUser({ name: "keyed", password: "first password" });
    const { secret } = await server.createApiKey({ user, name: "short-lived", ip_allow_list: "127.0.0.1" });
    const set = (password: string, request: Parameters<TestServer["put"]>[2]) =>
      server.put(`${users}/${user}`, { password }, request);
    expect(
      await server.refusal(`${users}/${user}`, {
        method: "PUT",
        body: { password: "password of the key" },
        as: bearer(secret),
      }),
    ).toEqual({
      status: 403,
      err: "password: a key cannot set its own user's; log in with the present password, or ask somebody who may modify all users",
    });
    await server.put(`${users}/${user}`, { failed_attempts: 2 });
    expect(
      await server.refusal(`${users}/${user}`, {
        method: "PUT",
        body: { failed_attempts: 0 },
        as: bearer(secret),
      }),
      "nor does it lift what holds up whoever guesses",
    ).toEqual({
      status: 403,
      err: "failed_attempts, account_locked: a key cannot lift its own user's lock-out; wait for its end, or ask somebody who may modify all users",
    });
    expect((await set("second password", { as: basic("keyed", "first password") })).status).toBe(200);
    const session = await server.post("/api/sys/tokens", { login: "keyed", password: "second password" });
    const { $key: token } = z.object({ $key: z.string() }).parse(session.json);
    expect((await set("third password", { as: bearer(token) })).status).toBe(200);
    const [row] = await server.list(`${users}?filter=$key eq ${user}`);
    await server.grant(Number(row?.["identity"]), "users", 0, "modify");
    expect((await set("fourth password", { as: bearer(secret) })).status, "who administers users").toBe(200);
  });

  test("of a key on its own row can be taken away, so that it neither widens itself nor makes others", async () => {
    const person = await server.createPerson("confined");
    const [own] = await server.list(`${keys}?filter=user eq ${person.key}`, { as: person.as });
    const attempts = async () => [
      (await server.put(`${keys}/${own?.["$key"]}`, { expires_type: "never" }, { as: person.as })).status,
      (await server.post(keys, { user: person.key, name: "sibling" }, { as: person.as })).status,
    ];
    expect(await attempts()).toEqual([200, 201]);
    const onItself = `identity eq ${person.identity} and table eq 'users' and row eq ${person.key}`;
    const [grant] = await server.list(`${permissions}?filter=${onItself}`);
    await server.put(`${permissions}/${grant?.["$key"]}`, { modify: false });
    expect(await attempts()).toEqual([404, 403]);
    expect((await server.request("/auth/whoami", { as: person.as })).status, "and works on").toBe(200);
  });

  test("on groups reach those that somebody made, who need not hold them all", async () => {
    const person = await server.createPerson("group maker");
    await server.grant(person.identity, "groups", 0, "create");
    const group = await server.create("/api/v4/groups", { name: "made by one" }, { as: person.as });
    const path = `/api/v4/groups/${group}`;
    const member = { parent_group: group, member: `users/${person.key}` };
    expect((await server.put(path, { description: "mine" }, { as: person.as })).status).toBe(200);
    expect((await server.post("/api/v4/members", member, { as: person.as })).status).toBe(201);
    expect((await server.put("/api/v4/groups/1", { description: "" }, { as: person.as })).status).toBe(403);
    const [row] = await server.list(`/api/v4/groups?filter=$key eq ${group}`);
    const given = await server.grant(Number(row?.["identity"]), "logs", 0, "list");
    const [membership] = await server.list(`/api/v4/members?filter=parent_group eq ${group}`);
    await server.delete(`/api/v4/members/${membership?.["$key"]}`);
    expect(
      (await server.delete(path, { as: person.as })).status,
      "whose name others are let in by, once it gives more than its maker has",
    ).toBe(403);
    await server.delete(`${permissions}/${given}`);
    expect((await server.delete(path, { as: person.as })).status).toBe(200);
  });

  test("to shut out the user made at installation are those of system administrators", async () => {
    const helper = await server.createPerson("shutter");
    await server.grant(helper.identity, "users", 0, "list read modify");
    const raise = (as: string) =>
      server.put(`${users}/1`, { account_locked: server.nowSeconds + 60 }, { as });
    expect((await raise(helper.as)).status).toBe(403);
  });

  test("on everything are given away by system administrators alone, since they add up", async () => {
    const almost = await server.createBareUser("almost");
    await server.grant(almost.identity, "/", 0, "create modify delete");
    await server.grant(almost.identity, "permissions", 0, "list");
    const puppet = await server.post(users, { name: "almost puppet" }, { as: almost.as });
    expect(puppet.status).toBe(201);
    const body = { identity: almost.identity, table: "/", row: 0, list: false, create: true };
    expect(await server.refusal(permissions, { method: "POST", body, as: almost.as })).toEqual({
      status: 403,
      err: "create: you cannot grant a right that you do not hold yourself",
    });
    const strong = await server.create("/api/v4/groups", { name: "adds up" });
    const [group] = await server.list(`/api/v4/groups?filter=$key eq ${strong}`);
    await server.grant(Number(group?.["identity"]), "/", 0, "create");
    await server.grant(almost.identity, "groups", strong, "list");
    const join = { parent_group: strong, member: `users/${almost.key}` };
    await server.grant(almost.identity, "users", almost.key, "list");
    const refused = await server.refusal("/api/v4/members", { method: "POST", body: join, as: almost.as });
    expect(refused.status).toBe(403);
  });

  test("are not given back to somebody by those who do not hold them", async () => {
    const helper = await server.createPerson("helpdesk");
    await server.grant(helper.identity, "users", 0, "list read modify");
    const strong = await server.createUser({ name: "suspended", enabled: false, physical_access: true });
    const { key } = await server.createApiKey({
      user: strong,
      name: "fenced",
      ip_allow_list: "192.0.2.1",
      expires: server.nowSeconds + 60,
    });
    const change = async (path: string, body: unknown) =>
      (await server.put(path, body, { as: helper.as })).status;
    expect(await change(`${users}/${strong}`, { enabled: true })).toBe(403);
    expect(await change(`${keys}/${key}`, { ip_allow_list: "" })).toBe(403);
    expect(await change(`${keys}/${key}`, { expires_type: "never" })).toBe(403);
    expect(await change(`${keys}/${key}`, { expires: server.nowSeconds + 30 }), "narrower").toBe(200);
    await server.put(`${users}/${strong}`, { account_locked: server.nowSeconds + 1000 });
    expect(await change(`${users}/${strong}`, { account_locked: 0 })).toBe(403);
    const plain = await server.createUser({ name: "plain", enabled: false });
    expect(await change(`${users}/${plain}`, { enabled: true }), "who may do nothing more").toBe(200);
  });

  test("of whoever makes users reach those alone, who get no more than their maker has", async () => {
    const { as, identity } = await server.createBareUser("maker");
    await server.grant(identity, "users", 0, "create");
    const made = await server.post(users, { name: "puppet" }, { as });
    expect(made.status).toBe(201);
    const key = Number(z.object({ $key: z.string() }).parse(made.json).$key);
    expect(await names(users, as)).toEqual(["puppet"]);
    const issued = await server.post(keys, { user: key, name: "strings" }, { as });
    const { key: secret } = z.object({ key: z.string() }).parse(issued.json);
    expect(await names(users, bearer(secret))).toEqual(["puppet"]);
    expect(await server.list("/api/v4/permissions", { as: bearer(secret) })).toEqual([]);
  });

  test("on keys can be granted apart from rights on users, for auditors", async () => {
    const { as, identity } = await server.createBareUser("auditor");
    await server.grant(identity, "user_api_keys", 0, "list read");
    const listed = await server.list(`${keys}?fields=name,user_name&filter=name eq 'own'`, { as });
    expect(listed.length).toBeGreaterThan(3);
    expect(
      listed.every((row) => row["user_name"] === null),
      "users may not be listed",
    ).toBe(true);
    const [first] = await server.list(keys, { as });
    expect((await server.request(`${keys}/${first?.["$key"]}`, { as })).status).toBe(200);
    expect((await server.delete(`${keys}/${first?.["$key"]}`, { as })).status).toBe(403);
  });
});
