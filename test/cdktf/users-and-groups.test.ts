import { type TerraformStack, TerraformVariable } from "cdktf";
import { describe, expect, test } from "vitest";
import {
  ApiKey,
  ApiKeyUser,
  DataKeywardUser,
  Expiry,
  Grant,
  Group,
  KeywardProvider,
  User,
} from "../../cdktf/index.ts";
import { jsonOf, newStack, resourceOf, synthesise } from "./synthesised.ts";

describe("a user", () => {
  test("is declared with what was given, and nothing else", () => {
    const stack = newStack();
    new ApiKeyUser(stack, "Ann", {
      name: "ann",
      type: "api",
      displayName: "Ann",
      email: "ann@example.org",
      enabled: false,
    });
    expect(resourceOf(stack, "keyward_user")).toEqual({
      name: "ann",
      type: "api",
      displayname: "Ann",
      email: "ann@example.org",
      enabled: false,
    });
    expect(synthesise(stack)).toEqual([]);
  });

  test("may be named to a key as a construct, a look-up, a binding or an id", () => {
    const stack = newStack();
    const users = [
      new ApiKeyUser(stack, "Declared", { name: "declared" }),
      ApiKeyUser.fromName(stack, "Found", { name: "found" }),
      new User(stack, "Binding", { name: "binding" }),
      new DataKeywardUser(stack, "Data", { name: "data" }),
      "7",
    ];
    for (const [place, user] of users.entries()) {
      new ApiKey(stack, `Key${place}`, { user, name: "key", expiry: Expiry.never() });
    }
    const keys = Object.values(jsonOf(stack).resource["keyward_api_key"] ?? {});
    expect(keys.map((key) => key["user"])).toEqual([
      expect.stringMatching(/^\$\{keyward_user\.Declared_\w+\.id\}$/),
      expect.stringMatching(/^\$\{data\.keyward_user\.Found_\w+\.id\}$/),
      "${keyward_user.Binding.id}",
      "${data.keyward_user.Data.id}",
      "7",
    ]);
    expect(synthesise(stack)).toEqual([]);
  });

  test.each([
    [{ name: "" }, "[stack/Ann] name: "],
    [{ name: "ann", email: "nowhere" }, '[stack/Ann] email: "nowhere"'],
    [{ name: "ann", displayName: "x".repeat(200) }, "[stack/Ann] displayName: "],
    [{ name: "ann", type: "robot" }, '[stack/Ann] type: "robot" must be "normal", "api" or "vdi"'],
  ])("fails the synthesis of %j", (props, message) => {
    const stack = newStack();
    new ApiKeyUser(stack, "Ann", props);
    expect(() => synthesise(stack)).toThrow(message);
  });

  test("is taken over by its number", () => {
    const stack = newStack();
    const user = new ApiKeyUser(stack, "Ann", { name: "ann" });
    user.importFrom("4");
    expect(jsonOf(stack).import).toEqual([{ id: "4", to: `keyward_user.${user.resource.friendlyUniqueId}` }]);
  });
});

/** Everything of the constructs that takes a text or a boolean, from variables. */
function declareWithTokens(): TerraformStack {
  const stack = newStack();
  const text = new TerraformVariable(stack, "Text", { type: "string" }).stringValue;
  const flag = new TerraformVariable(stack, "Flag", { type: "bool" }).booleanValue;
  const user = new ApiKeyUser(stack, "User", {
    name: text,
    type: text,
    displayName: text,
    email: text,
    enabled: flag,
  });
  const group = new Group(stack, "Group", { name: text, description: text, email: text, enabled: flag });
  group.addMember(user);
  ApiKeyUser.fromName(stack, "FoundUser", { name: text });
  Group.fromName(stack, "FoundGroup", { name: text });
  ApiKey.fromName(stack, "FoundKey", { user: text, name: text });
  new Grant(stack, "Grant", { identity: text, table: text, row: text, rights: { list: true } });
  new KeywardProvider(stack, "Other", { alias: "other", endpoint: text, token: text, insecure: flag });
  return stack;
}

test("tokens of texts, booleans and enums pass through users, groups, grants, look-ups and the provider", () => {
  const [text, flag] = ["${var.Text}", "${var.Flag}"];
  const json = jsonOf(declareWithTokens());
  const only = (block: Record<string, unknown> | undefined) => Object.values(block ?? {})[0];
  expect(only(json.resource["keyward_user"])).toEqual({
    name: text,
    type: text,
    displayname: text,
    email: text,
    enabled: flag,
  });
  expect(only(json.resource["keyward_group"])).toEqual({
    name: text,
    description: text,
    email: text,
    enabled: flag,
  });
  expect(only(json.resource["keyward_permission"])).toEqual({
    identity: text,
    table: text,
    row: text,
    rights: ["list"],
  });
  expect(only(json.data["keyward_user"])).toEqual({ name: text });
  expect(only(json.data["keyward_group"])).toEqual({ name: text });
  expect(only(json.data["keyward_api_key"])).toEqual({ user: text, name: text });
  expect(json.provider).toMatchObject({
    keyward: [{}, { alias: "other", endpoint: text, token: text, insecure: flag }],
  });
  expect(synthesise(declareWithTokens())).toEqual([]);
});

describe("a group", () => {
  test("has users and groups in it, each once, under ids that their order does not change", () => {
    const addresses = (order: "forth" | "back") => {
      const stack = newStack();
      const members = [
        new ApiKeyUser(stack, "Ann", { name: "ann" }),
        ApiKeyUser.fromName(stack, "Bob", { name: "bob" }),
        new Group(stack, "Inner", { name: "inner" }),
        Group.fromName(stack, "Known", { name: "known" }),
      ];
      const group = new Group(stack, "Outer", {
        name: "outer",
        members: order === "forth" ? members : members.reverse(),
      });
      for (const member of members) {
        group.addMember(member);
      }
      return jsonOf(stack).resource["keyward_group_member"] ?? {};
    };

    const memberships = addresses("forth");
    expect(Object.values(memberships)).toEqual([
      { group: expect.stringContaining("Outer"), user: expect.stringContaining("keyward_user.Ann") },
      { group: expect.stringContaining("Outer"), user: expect.stringContaining("data.keyward_user.Bob") },
      {
        group: expect.stringContaining("Outer"),
        member_group: expect.stringContaining("keyward_group.Inner"),
      },
      {
        group: expect.stringContaining("Outer"),
        member_group: expect.stringContaining("data.keyward_group.Known"),
      },
    ]);
    expect(Object.keys(addresses("back")).sort()).toEqual(Object.keys(memberships).sort());
  });

  test("refuses two members of one construct id, and says which", () => {
    const stack = newStack();
    const group = new Group(stack, "Group", { name: "group" });
    const inner = new Group(stack, "Ann", { name: "ann" });
    const other = new ApiKeyUser(inner, "Ann", { name: "ann" });
    group.addMember(inner);
    expect(() => group.addMember(other)).toThrow(
      "stack/Group: members stack/Ann and stack/Ann/Ann have the same construct id; rename one",
    );
  });
});

/** In the order of their tables. */
const permissionsOf = (stack: TerraformStack) =>
  Object.values(jsonOf(stack).resource["keyward_permission"] ?? {}).sort((left, right) =>
    `${left["table"]}${left["row"] ?? ""}`.localeCompare(`${right["table"]}${right["row"] ?? ""}`),
  );

describe("a grant", () => {
  test("is made on a table, a row or everything, for users and groups, declared or looked up", () => {
    const stack = newStack();
    new ApiKeyUser(stack, "Ann", { name: "ann" }).grantRead("vms");
    ApiKeyUser.fromName(stack, "Bob", { name: "bob" }).grant("users", { modify: true }, { row: "7" });
    new Group(stack, "Ops", { name: "ops" }).grant("/", { list: true, delete: true });
    Group.fromName(stack, "Known", { name: "known" }).grantRead("user_api_keys", { row: "3" });

    expect(permissionsOf(stack)).toEqual([
      { identity: expect.stringMatching(/Ops.*identity/), table: "/", rights: ["list", "delete"] },
      {
        identity: expect.stringMatching(/data.*Known.*identity/),
        table: "user_api_keys",
        row: "3",
        rights: ["list", "read"],
      },
      {
        identity: expect.stringMatching(/data.*Bob.*identity/),
        table: "users",
        row: "7",
        rights: ["modify"],
      },
      {
        identity: expect.stringMatching(/keyward_user\.Ann.*identity/),
        table: "vms",
        rights: ["list", "read"],
      },
    ]);
    expect(synthesise(stack)).toEqual([]);
  });

  test("on the same rows is one grant, to which rights are added", () => {
    const stack = newStack();
    const user = new ApiKeyUser(stack, "Ann", { name: "ann" });
    const grant = user.grantRead("vms");
    expect(user.grantRead("vms")).toBe(grant);
    expect(user.grant("vms", { delete: true, modify: false })).toBe(grant);
    expect(user.grantRead("vms", { row: "1" })).not.toBe(grant);
    expect(user.grantRead("users")).not.toBe(grant);

    expect(permissionsOf(stack).map(({ table, row, rights }) => [table, row, rights])).toEqual([
      ["users", undefined, ["list", "read"]],
      ["vms", undefined, ["list", "read", "delete"]],
      ["vms", "1", ["list", "read"]],
    ]);
  });

  test("wants an id of its own where table or row is a token", () => {
    const stack = newStack();
    const user = new ApiKeyUser(stack, "Ann", { name: "ann" });
    const late = new TerraformVariable(stack, "Late", { type: "string" }).stringValue;
    expect(() => user.grantRead("vms", { row: late })).toThrow(
      "stack/Ann: row is a token, from which no id is made",
    );
    const grant = user.grantRead(late, { row: late, id: "Late" });
    expect(grant.node.path).toBe("stack/Ann/Late");
    expect(() => user.grantRead("vms", { id: "Late" })).toThrow('there is a grant "Late" on other rows');
    expect(synthesise(stack)).toEqual([]);
  });

  test("of nothing, on no table or to nobody fails the synthesis", () => {
    const stack = newStack();
    new Grant(stack, "Grant", {
      identity: "admin",
      table: "no such table",
      rights: { read: false },
      row: "-1",
    });
    expect(() => synthesise(stack)).toThrow(
      /\[stack\/Grant\] identity: "admin" is not an id.*\n.*table: "no such table" must be the name of a table.*\n.*row: "-1" is not an id.*\n.*rights: nothing is granted/,
    );
  });
});
