import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { groupRow } from "../../contract/groups.ts";
import { memberRow } from "../../contract/members.ts";
import { databasesUnderTest } from "../databases.ts";
import { TestServer } from "./test-server.ts";

const groupsPath = "/api/v4/groups";
const membersPath = "/api/v4/members";

describe.each(databasesUnderTest())("groups and members on $name", ({ open }) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(await open());
  });
  afterAll(() => server.stop());

  test("begin with the administrators' group, and admin in it", async () => {
    const [group] = await server.list(groupsPath);
    expect(z.strictObject(groupRow.shape).parse(group)).toMatchObject({
      $key: 1,
      name: "Administrators (default)",
      id: "Administrators (default)",
      system_group: true,
      member_count: 1,
    });
    expect(z.array(z.strictObject(memberRow.shape)).parse(await server.list(membersPath))).toEqual([
      { $key: 1, parent_group: 1, member: "/v4/users/1", member_display: "admin", creator: "" },
    ]);
    expect((await server.refusal(`${groupsPath}/1`, { method: "DELETE" })).status).toBe(403);
    const disabled = { method: "PUT", body: { enabled: false } };
    expect((await server.refusal(`${groupsPath}/1`, disabled)).status).toBe(422);
  });

  test("a group is made with what was left out filled in, and changed only in what is named", async () => {
    const key = await server.create(groupsPath, { name: "Builders", email: "B@Example.org" });
    const made = {
      $key: key,
      name: "Builders",
      id: "Builders",
      email: "b@example.org",
      description: "",
      enabled: true,
      system_group: false,
      creator: "admin",
      created: server.nowSeconds,
    };
    expect((await server.request(`${groupsPath}/${key}`)).json).toMatchObject(made);
    const changed = await server.put(`${groupsPath}/${key}`, { description: "CI", id: "ldap-7" });
    expect(changed.json).toMatchObject({ ...made, description: "CI", id: "ldap-7" });
  });

  test("a group's permissions begin with none", async () => {
    const key = await server.create(groupsPath, { name: "rightless" });
    const [group] = await server.list(`${groupsPath}?filter=$key eq ${key}`);
    expect(await server.list(`/api/v4/permissions?filter=identity eq '${group?.["identity"]}'`)).toEqual([]);
  });

  test("names and identifiers are unique, word for word", async () => {
    await server.create(groupsPath, { name: "once", id: "identifier" });
    const again = await server.refusal(groupsPath, { method: "POST", body: { name: "once" } });
    expect(again).toEqual({
      status: 409,
      err: 'name: there is a group named "once" already; choose another name',
    });
    const renamed = await server.create(groupsPath, { name: "dev" });
    await server.put(`${groupsPath}/${renamed}`, { name: "dev-old" });
    expect((await server.post(groupsPath, { name: "dev" })).status, "nobody gave an identifier").toBe(201);
    expect((await server.put(`${groupsPath}/${renamed}`, { id: "" })).json).toMatchObject({ id: "dev-old" });
    const identifier = { method: "POST", body: { name: "twice", id: "identifier" } };
    expect(await server.refusal(groupsPath, identifier)).toEqual({
      status: 409,
      err: 'id: there is a group with identifier "identifier" already; choose another one',
    });
  });

  test("a member is named in each way that clients do, and read back in one", async () => {
    const group = await server.create(groupsPath, { name: "spelled" });
    for (const [place, reference] of [
      "/v4/users/{}",
      "users/{}",
      "/api/v4/users/{}",
      "v4/users/{}",
    ].entries()) {
      const user = await server.createUser({ name: `spelled-${place}` });
      const member = reference.replace("{}", String(user));
      const key = await server.create(membersPath, { parent_group: String(group), member });
      expect((await server.request(`${membersPath}/${key}`)).json).toEqual({
        $key: key,
        parent_group: group,
        member: `/v4/users/${user}`,
        member_display: `spelled-${place}`,
        creator: "admin",
      });
    }
    expect((await server.list(`${groupsPath}?filter=name eq 'spelled'`))[0]).toMatchObject({
      member_count: 4,
    });
  });

  test.each([
    [
      "a table that cannot be in a group",
      { member: "/v4/permissions/1" },
      422,
      /^member: must name a row such as/,
    ],
    ["a user that is not there", { member: "/v4/users/999" }, 422, /^member: there is no row users\/999$/],
    [
      "a group that is not there",
      { parent_group: 999 },
      422,
      /^parent_group: there is no group with \$key 999$/,
    ],
    ["nothing", { member: undefined }, 422, /^member: .*/],
    [
      "a membership that is there",
      {},
      409,
      /^member: admin is in group "Administrators \(default\)" already$/,
    ],
  ])("a membership of %s is refused", async (_, fields, status, message) => {
    const body = { parent_group: 1, member: "/v4/users/1", ...fields };
    const refused = await server.refusal(membersPath, { method: "POST", body });
    expect(refused.status).toBe(status);
    expect(refused.err).toMatch(message);
  });

  test("a membership can be deleted, but not become another one", async () => {
    const group = await server.create(groupsPath, { name: "fixed" });
    const user = await server.createUser({ name: "fixed" });
    const key = await server.create(membersPath, { parent_group: group, member: `users/${user}` });

    expect(
      (await server.put(`${membersPath}/${key}`, { parent_group: group })).status,
      "says nothing new",
    ).toBe(200);
    for (const body of [{ parent_group: 1 }, { member: "users/1" }]) {
      const refused = await server.refusal(`${membersPath}/${key}`, { method: "PUT", body });
      expect(refused.err).toMatch(/cannot change; delete the membership and create another one$/);
    }
    expect((await server.delete(`${membersPath}/${key}`)).status).toBe(200);
    expect((await server.request(`${membersPath}/${key}`)).status).toBe(404);
  });

  test("a group is never in itself, however long the way", async () => {
    const [a, b, c] = await Promise.all(
      ["ring a", "ring b", "ring c"].map((name) => server.create(groupsPath, { name })),
    );
    await server.create(membersPath, { parent_group: a, member: `groups/${b}` });
    await server.create(membersPath, { parent_group: b, member: `groups/${c}` });
    for (const parent of [a, b, c]) {
      const body = { parent_group: c, member: `groups/${parent}` };
      const refused = await server.refusal(membersPath, { method: "POST", body });
      expect(refused).toEqual({
        status: 422,
        err: "member: a group cannot be in itself, nor in a group that it holds",
      });
    }
  });

  test("a group that is deleted takes its memberships and its grants along", async () => {
    const group = await server.create(groupsPath, { name: "short-lived" });
    const [row] = await server.list(`${groupsPath}?filter=$key eq ${group}`);
    await server.create(membersPath, { parent_group: group, member: "users/1" });
    await server.grant(Number(row?.["identity"]), "vms", 0, "list read");

    await server.delete(`${groupsPath}/${group}`);

    expect(await server.list(`${membersPath}?filter=parent_group eq ${group}`)).toEqual([]);
    expect(await server.list("/api/v4/permissions?filter=table eq 'vms'")).toEqual([]);
  });

  test("answer what the clients ask for by name", async () => {
    const fields =
      "$key,name,description,enabled,created,email,id,identity,system_group,creator,count(members) as member_count";
    const [group] = await server.list(
      `${groupsPath}?fields=${encodeURIComponent(fields)}&filter=name eq 'Builders'`,
    );
    expect(Object.keys(group ?? {})).toEqual(fields.replace("count(members) as ", "").split(","));
    const [withMembers] = await server.list(`${groupsPath}?fields=all&limit=1`);
    expect(withMembers?.["members"]).toEqual([expect.objectContaining({ member: "/v4/users/1" })]);
  });
});
