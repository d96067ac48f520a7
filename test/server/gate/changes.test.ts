import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSecret } from "../../../contract/secret.ts";
import { everyTable } from "../../../server/tables/every-table.ts";
import { databasesUnderTest, openMemory } from "../../databases.ts";
import { bearer, TestServer } from "../test-server.ts";

/** What a change is made in: keys of several users, what they may do, and how they have it. */
interface World {
  /** Authorization headers of all whose verdicts are compared. */
  readonly callers: readonly string[];
  /** May make users and groups, and modify {@link World.victim} and {@link World.subgroup}. */
  readonly administrator: { readonly key: number; readonly as: string };
  readonly victim: { readonly key: number; readonly apiKey: number };
  readonly disabled: { readonly key: number };
  /** Modifies vms and networks through both groups: its own, and the one that holds it. */
  readonly member: { readonly key: number; readonly membership: number };
  readonly group: number;
  readonly subgroup: number;
  readonly nesting: number;
  /** Of the administrator, on the victim. */
  readonly permission: number;
  /** A secret that is no key's yet, and was tried. */
  readonly untaken: string;
  readonly outsider: { readonly key: number; readonly identity: number };
}

type Run = (server: TestServer, world: World) => Promise<unknown>;

/** Every kind of change there is, by table and operation; of some more than one. */
const changes: readonly (readonly [table: string, operation: string, what: string, run: Run])[] = [
  [
    "users",
    "create",
    "by somebody who gets rights on it",
    (server, { administrator }) => server.post("/api/v4/users", { name: unique() }, { as: administrator.as }),
  ],
  [
    "users",
    "update",
    "to another name",
    (server, { member }) => server.put(`/api/v4/users/${member.key}`, { name: unique() }),
  ],
  [
    "users",
    "update",
    "to an administrator of everything",
    (server, { outsider }) => server.put(`/api/v4/users/${outsider.key}`, { physical_access: true }),
  ],
  [
    "users",
    "delete",
    "with others' rights on it",
    (server, { victim }) => server.delete(`/api/v4/users/${victim.key}`),
  ],
  ["users", "disable", "", (server, { member }) => server.post(`/api/v4/users/${member.key}/disable`, {})],
  ["users", "enable", "", (server, { disabled }) => server.post(`/api/v4/users/${disabled.key}/enable`, {})],
  [
    "groups",
    "create",
    "by somebody who may modify it then",
    (server, { administrator }) =>
      server.post("/api/v4/groups", { name: unique() }, { as: administrator.as }),
  ],
  [
    "groups",
    "update",
    "to another name",
    (server, { group }) => server.put(`/api/v4/groups/${group}`, { name: unique() }),
  ],
  [
    "groups",
    "update",
    "that is switched off",
    (server, { subgroup }) => server.put(`/api/v4/groups/${subgroup}`, { enabled: false }),
  ],
  [
    "groups",
    "delete",
    "with others' rights on it",
    (server, { subgroup }) => server.delete(`/api/v4/groups/${subgroup}`),
  ],
  [
    "members",
    "create",
    "of a user",
    (server, { group, outsider }) =>
      server.post("/api/v4/members", { parent_group: group, member: `users/${outsider.key}` }),
  ],
  [
    "members",
    "create",
    "of a group",
    async (server, { subgroup }) => {
      const outer = await server.create("/api/v4/groups", { name: unique() });
      return server.post("/api/v4/members", { parent_group: outer, member: `groups/${subgroup}` });
    },
  ],
  [
    "members",
    "update",
    "to what it is",
    (server, { member, subgroup }) =>
      server.put(`/api/v4/members/${member.membership}`, { parent_group: subgroup }),
  ],
  [
    "members",
    "delete",
    "of a user",
    (server, { member }) => server.delete(`/api/v4/members/${member.membership}`),
  ],
  ["members", "delete", "of a group", (server, { nesting }) => server.delete(`/api/v4/members/${nesting}`)],
  [
    "permissions",
    "create",
    "",
    (server, { outsider }) => server.grant(outsider.identity, "vms", 0, "modify"),
  ],
  [
    "permissions",
    "update",
    "",
    (server, { permission }) => server.put(`/api/v4/permissions/${permission}`, { modify: false }),
  ],
  [
    "permissions",
    "delete",
    "",
    (server, { permission }) => server.delete(`/api/v4/permissions/${permission}`),
  ],
  [
    "user_api_keys",
    "create",
    "with a secret that was tried before",
    (server, { outsider, untaken }) =>
      server.post("/api/v4/user_api_keys", { user: outsider.key, name: "brought", secret: untaken }),
  ],
  [
    "user_api_keys",
    "update",
    "to other addresses",
    (server, { victim }) =>
      server.put(`/api/v4/user_api_keys/${victim.apiKey}`, { ip_allow_list: "192.0.2.1" }),
  ],
  [
    "user_api_keys",
    "update",
    "to another name",
    (server, { victim }) => server.put(`/api/v4/user_api_keys/${victim.apiKey}`, { name: unique() }),
  ],
  [
    "user_api_keys",
    "rotate",
    "",
    (server, { victim, untaken }) =>
      server.post(`/api/v4/user_api_keys/${victim.apiKey}/rotate`, { overlap: 0, secret: untaken }),
  ],
  [
    "user_api_keys",
    "explain",
    "",
    (server, { victim }) =>
      server.post(`/api/v4/user_api_keys/${victim.apiKey}/explain`, { address: "192.0.2.1" }),
  ],
  [
    "user_api_keys",
    "delete",
    "",
    (server, { victim }) => server.delete(`/api/v4/user_api_keys/${victim.apiKey}`),
  ],
  ["settings", "create", "", (server) => server.post("/api/v4/settings", { key: unique(), value: "1" })],
  ["settings", "update", "", (server) => server.put("/api/v4/settings/log_retention_days", { value: "30" })],
  [
    "settings",
    "delete",
    "",
    async (server) => {
      const key = unique();
      await server.post("/api/v4/settings", { key, value: "1" });
      return server.delete(`/api/v4/settings/${key}`);
    },
  ],
];

/** Changes after which every verdict is what it was. */
const withoutEffect = new Set(["members update to what it is", "user_api_keys explain "]);

let made = 0;
function unique(): string {
  made += 1;
  return `name ${made}`;
}

async function makeWorld(server: TestServer): Promise<World> {
  const createUser = async (fields: Readonly<Record<string, unknown>> = {}) => {
    const key = await server.createUser({ name: unique(), ...fields });
    const { key: apiKey, secret } = await server.createApiKey({ user: key, name: "own" });
    return { key, apiKey, as: bearer(secret) };
  };
  const [administrator, member, outsider] = [await createUser(), await createUser(), await createUser()];
  // The last one of each table, so that the next number is that of the next to be made.
  const [disabled, victim] = [await createUser({ enabled: false }), await createUser()];
  const group = await server.create("/api/v4/groups", { name: unique() });
  const subgroup = await server.create("/api/v4/groups", { name: unique() });
  const identitiesIn = async (table: string) => {
    const rows = await server.list(`/api/v4/${table}?fields=$key,identity`);
    return new Map(rows.map((row) => [row["$key"], Number(row["identity"])]));
  };
  const [ofUsers, ofGroups] = [await identitiesIn("users"), await identitiesIn("groups")];
  const administrates = ofUsers.get(administrator.key) ?? 0;
  await server.grant(ofGroups.get(group) ?? 0, "vms", 0, "modify");
  await server.grant(ofGroups.get(subgroup) ?? 0, "networks", 0, "modify");
  await server.grant(administrates, "users", 0, "create");
  await server.grant(administrates, "groups", 0, "create");
  await server.grant(administrates, "groups", subgroup, "modify");
  const inGroup = (parent: number, row: string) =>
    server.create("/api/v4/members", { parent_group: parent, member: row });
  const untaken = createSecret();
  return {
    callers: [...[administrator, member, outsider, disabled, victim].map(({ as }) => as), bearer(untaken)],
    administrator,
    victim,
    disabled,
    member: { key: member.key, membership: await inGroup(subgroup, `users/${member.key}`) },
    group,
    subgroup,
    nesting: await inGroup(group, `groups/${subgroup}`),
    permission: await server.grant(administrates, "users", victim.key, "modify"),
    untaken,
    outsider: { key: outsider.key, identity: ofUsers.get(outsider.key) ?? 0 },
  };
}

/** What the gate says of everybody: whether they may pass, as whom, and with which rights; also on rows still to be made. */
async function verdicts(server: TestServer, { callers, victim, subgroup }: World): Promise<unknown[]> {
  const questions = [
    "",
    "?table=vms&action=modify",
    "?table=networks&action=modify",
    ...[victim.key, victim.key + 1].map((row) => `?table=users&action=modify&row=${row}`),
    ...[subgroup, subgroup + 1].map((row) => `?table=groups&action=modify&row=${row}`),
  ];
  const asked = callers.flatMap((as) =>
    questions.map((query) => server.request(`/auth/verify${query}`, { as })),
  );
  return (await Promise.all(asked)).map(({ status, json }) => ({ status, json }));
}

describe("after a change, a gate that remembers everybody answers what a gate does that remembers nobody:", () => {
  let server: TestServer;

  beforeAll(async () => {
    // One kind is enough, since the gate's memory is the same; the quicker one where there are two.
    const database = databasesUnderTest().at(-1);
    server = await TestServer.start(await (database?.open ?? openMemory)());
  });
  afterAll(() => server.stop());

  test("every kind of change is tried", () => {
    const kinds = everyTable.flatMap(({ query, writes, actions }) =>
      [...(writes === undefined ? [] : ["create", "update", "delete"]), ...Object.keys(actions)].map(
        (operation) => `${query.name} ${operation}`,
      ),
    );
    expect([...new Set(changes.map(([table, operation]) => `${table} ${operation}`))].sort()).toEqual(
      kinds.sort(),
    );
  });

  test.each(changes)("%s, %s %s", async (table, operation, what, run) => {
    const world = await makeWorld(server);
    const before = await verdicts(server, world);
    expect(
      before.filter((verdict) => JSON.stringify(verdict).includes('"status":200')).length,
    ).toBeGreaterThan(5);

    await run(server, world);

    const after = await verdicts(server, world);
    const fresh = server.fresh();
    expect(after).toEqual(await verdicts(fresh, world));
    await fresh.logins.flush();
    const isWithoutEffect = table === "settings" || withoutEffect.has(`${table} ${operation} ${what}`);
    expect(JSON.stringify(after) === JSON.stringify(before), "the change is seen at all").toBe(
      isWithoutEffect,
    );
  });
});
