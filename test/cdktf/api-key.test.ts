import { App, Fn, Lazy, TerraformIterator, TerraformStack, TerraformVariable, Token } from "cdktf";
import { describe, expect, test } from "vitest";
import {
  Addresses,
  ApiKey,
  type ApiKeyProps,
  ApiKeyUser,
  Duration,
  days,
  EphemeralSecret,
  Expiry,
  hours,
  Rotation,
  SecretOutput,
  seconds,
} from "../../cdktf/index.ts";
import { jsonOf, newStack, resourceOf, synthesise } from "./synthesised.ts";

/** A stack with one key in it. */
function keyWith(props: Partial<ApiKeyProps> = {}): { stack: TerraformStack; key: ApiKey } {
  const stack = newStack();
  const user = new ApiKeyUser(stack, "Ci", { name: "ci" });
  const key = new ApiKey(stack, "Deploy", { user, name: "deploy", expiry: Expiry.never(), ...props });
  return { stack, key };
}

/** A secret as Terraform reads it, not as it is. */
const ownSecret = { secret: "${ephemeral.keyward_secret.own.secret}", version: 1 };

const resource = (props: Partial<ApiKeyProps>) => resourceOf(keyWith(props).stack, "keyward_api_key");

describe("the construct ApiKey", () => {
  test("declares a key of a user, with expiry, lists and rotation", () => {
    const { stack } = keyWith({
      description: "Deploys",
      expiry: Expiry.after(days(90)),
      addresses: Addresses.allow(["192.0.2.0/24", "2001:db8::1"]),
      rotation: Rotation.every(days(30), { overlap: hours(48) }),
      recipients: ["age1x"],
    });

    expect(resourceOf(stack, "keyward_api_key")).toMatchObject({
      name: "deploy",
      user: expect.stringMatching(/^\$\{keyward_user\.Ci_\w+\.id\}$/),
      description: "Deploys",
      expires_in: "90d",
      ip_allow_list: ["192.0.2.0/24", "2001:db8::1"],
      rotation: { every: "30d", overlap: "48h" },
      recipients: ["age1x"],
    });
    expect(synthesise(stack)).toEqual([]);
  });

  test("has an address in Terraform's state that its path alone decides", () => {
    const { resource: types } = jsonOf(keyWith().stack);
    expect(types).toMatchObject({
      keyward_api_key: { Deploy_7B206E61: {} },
      keyward_user: { Ci_A080E7EE: {} },
    });
  });

  test("declares nothing that was left out", () => {
    expect(Object.keys(resource({})).sort()).toEqual(
      ["//", "name", "user"].sort().filter((name) => name !== "//"),
    );
  });

  test.each([
    [Expiry.at(new Date("2035-06-01T00:00:00.900Z")), { expires_at: "2035-06-01T00:00:00Z" }],
    [Expiry.at("2035-06-01T02:00:00+02:00"), { expires_at: "2035-06-01T02:00:00+02:00" }],
    [Expiry.after(Duration.parse("1h30m")), { expires_in: "1h30m" }],
    [Expiry.after(hours(12)), { expires_in: "12h" }],
    [Expiry.never(), {}],
  ])("ends as its expiry says, in one way only: %#", (expiry, expected) => {
    const { expires_at, expires_in } = resource({ expiry });
    const given = Object.fromEntries(
      Object.entries({ expires_at, expires_in }).filter(([, value]) => value !== undefined),
    );
    expect(given).toEqual(expected);
  });

  test("hands its secret to an output that Terraform hides", () => {
    const { stack, key } = keyWith();
    key.outputSecret("deploy_secret");
    expect(jsonOf(stack).output).toEqual({
      deploy_secret: {
        description: "Secret of API key stack/Deploy",
        sensitive: true,
        value: expect.stringMatching(/^\$\{keyward_api_key\.Deploy_7B206E61\.secret\}$/),
      },
    });
  });

  test("puts out the encrypted secret where there are recipients, and nothing where the secret is the program's own", () => {
    const encrypted = keyWith({ recipients: ["age1x"] });
    new SecretOutput(encrypted.stack, "Out", { key: encrypted.key });
    expect(jsonOf(encrypted.stack).output).toMatchObject({
      Out: { value: expect.stringContaining(".encrypted_secret}"), sensitive: true },
    });

    const own = keyWith({ ownSecret });
    new SecretOutput(own.stack, "Out", { key: own.key });
    expect(() => synthesise(own.stack)).toThrow("[stack/Out] key: stack/Deploy has ownSecret");
  });

  test("refuses a second output of one name, which would take the place of the first", () => {
    const { stack, key } = keyWith();
    key.outputSecret("secret");
    expect(() => new SecretOutput(stack, "Other", { key, name: "secret" })).toThrow(
      'stack/Other: name: "secret" is taken by the output stack/Deploy/Secret',
    );
  });

  test("takes tokens for every value, and leaves them to the server", () => {
    const stack = newStack();
    const text = new TerraformVariable(stack, "Text", { type: "string" }).stringValue;
    const list = new TerraformVariable(stack, "List", { type: "list(string)" }).listValue;
    const count = new TerraformVariable(stack, "Count", { type: "number" }).numberValue;
    new ApiKey(stack, "Late", {
      user: text,
      name: `deploy-${text}`,
      description: Lazy.stringValue({ produce: () => "later" }),
      expiry: Expiry.after(days(count)),
      addresses: Addresses.lists({
        allow: list,
        deny: ["192.0.2.1", text, Fn.cidrsubnet("10.0.0.0/8", 8, 2)],
      }),
      rotation: Rotation.every(Duration.parse(text), { overlap: Duration.parse("${var.Text}") }),
    });
    new ApiKey(stack, "Reversed", {
      user: "7",
      name: "other",
      expiry: Expiry.at(Token.asString(Fn.timeadd("2030-01-01T00:00:00Z", "24h"))),
      addresses: Addresses.allow(Fn.reverse(list)),
    });

    expect(synthesise(stack)).toEqual([
      "[stack/Late] addresses: the deny list has no effect beside the allow list, which alone decides: only the addresses on it are admitted",
    ]);
    const [late, reversed] = Object.values(jsonOf(stack).resource["keyward_api_key"] ?? {});
    expect(late).toMatchObject({
      user: "${var.Text}",
      name: "deploy-${var.Text}",
      description: "later",
      expires_in: "${var.Count}d",
      ip_allow_list: "${var.List}",
      ip_deny_list: ["192.0.2.1", "${var.Text}", '${cidrsubnet("10.0.0.0/8", 8, 2)}'],
      rotation: { every: "${var.Text}", overlap: "${var.Text}" },
    });
    expect(reversed).toMatchObject({
      expires_at: '${timeadd("2030-01-01T00:00:00Z", "24h")}',
      ip_allow_list: "${reverse(var.List)}",
    });
  });

  test("warns of each entry that is on both lists, and of a deny list that decides nothing", () => {
    const { stack } = keyWith({
      addresses: Addresses.lists({
        allow: ["192.0.2.0/24", "2001:db8::/64"],
        deny: ["192.0.2.7", "2001:db8::/32", "198.51.100.1"],
      }),
    });
    expect(synthesise(stack)).toEqual([
      '[stack/Deploy] addresses: "192.0.2.7" is denied and, by "192.0.2.0/24", allowed: it is allowed. Narrow the allow list instead',
      '[stack/Deploy] addresses: "2001:db8::/32" is denied and, by "2001:db8::/64", allowed: it is allowed. Narrow the allow list instead',
      expect.stringContaining("the deny list has no effect beside the allow list"),
    ]);
  });

  const faults: readonly [Partial<ApiKeyProps>, string][] = [
    [{ user: "admin" }, 'user: "admin" is not an id; write a whole number above 0'],
    [{ name: "" }, 'name: "" must not be empty'],
    [{ name: "x".repeat(129) }, "must be at most 128 characters"],
    [{ description: "x".repeat(2049) }, "must be at most 2048 characters"],
    [{ expiry: Expiry.at("tomorrow") }, 'expiry: "tomorrow" is not an RFC 3339 time'],
    [{ expiry: Expiry.at(new Date("never")) }, 'expiry: "Invalid Date" is not an RFC 3339 time'],
    [{ expiry: Expiry.after(days(0.5)) }, 'expiry: "0.5d" is not a length of time; write one such as 90d'],
    [{ expiry: Expiry.after(days(-1)) }, 'expiry: "-1d" is not a length of time'],
    [{ expiry: Expiry.after(days(0)) }, 'expiry: "0d" would end the key as it is made'],
    [
      { addresses: Addresses.allow(["10.0.0.1/8"]) },
      'addresses: allow: "10.0.0.1/8" has host bits set; did you mean the network 10.0.0.0/8',
    ],
    [{ addresses: Addresses.deny(["example.org", "::/0"]) }, 'addresses: deny: "example.org" is a host name'],
    [{ addresses: Addresses.allow(["10.0.0.0/33"]) }, 'addresses: allow: "10.0.0.0/33" has a prefix length'],
    [{ addresses: Addresses.allow(["192.0.2.1,192.0.2.2"]) }, 'addresses: allow: "192.0.2.1,192.0.2.2"'],
    [
      { rotation: Rotation.every(days(1), { overlap: hours(24) }) },
      'rotation: an overlap of "24h" with a rotation every "1d" would have more than two keys valid',
    ],
    [
      { rotation: Rotation.every(days(0), { overlap: hours(1) }) },
      'rotation: every "0d" would have the key due',
    ],
    [
      { rotation: Rotation.onChange({ overlap: days(366) }) },
      'rotation: an overlap of "366d" is longer than a year',
    ],
    [{ recipients: ["age1x"], ownSecret }, "recipients: whoever gives ownSecret"],
    [
      {
        rotation: Rotation.every(days(30), { overlap: seconds(0) }),
        ownSecret,
      },
      "rotation: a key with ownSecret cannot be rotated by age",
    ],
    [
      { ownSecret: { secret: "kw_literal", version: 1 } },
      "ownSecret: the secret is written here and would be in cdk.tf.json in clear; give a token",
    ],
    [{ ownSecret: { ...ownSecret, version: 1.5 } }, "ownSecret: version 1.5 is not a whole number"],
  ];
  test.each(faults.map(([props, message]) => ({ props, message })))(
    "fails the synthesis: $message",
    ({ props, message }) => {
      expect(() => synthesise(keyWith(props).stack)).toThrow(/\[stack\/Deploy\] /);
      expect(() => synthesise(keyWith(props).stack)).toThrow(message);
    },
  );

  test.each([
    [
      Rotation.onChange({ overlap: hours(1) }),
      'the key ends after "90d", and its successor is made only then',
    ],
    [
      Rotation.every(days(89), { overlap: hours(25) }),
      'the key ends after "90d", which is shorter than its rotation, every "89d", and the overlap of "25h" together',
    ],
  ])("warns of a rotation that comes when the key has ended: %#", (rotation, message) => {
    const { stack } = keyWith({ expiry: Expiry.after(days(90)), rotation });
    expect(synthesise(stack)).toEqual([expect.stringContaining(`[stack/Deploy] rotation: ${message}`)]);
  });

  test.each([
    { expiry: Expiry.after(days(90)), rotation: Rotation.every(days(89), { overlap: hours(24) }) },
    { expiry: Expiry.after(days(90)) },
    { expiry: Expiry.after(days(90)), rotation: Rotation.onChange({ overlap: hours(1) }), ownSecret },
    { expiry: Expiry.at("2035-01-01T00:00:00Z"), rotation: Rotation.onChange({ overlap: hours(1) }) },
    { expiry: Expiry.never(), rotation: Rotation.every(days(400), { overlap: hours(24) }) },
  ])("does not warn of a rotation in time, or of none: %#", (props) => {
    expect(synthesise(keyWith(props).stack)).toEqual([]);
  });

  test("takes a secret that Terraform draws and stores nowhere", () => {
    const stack = newStack();
    const drawn = new EphemeralSecret(stack, "Drawn");
    new ApiKey(stack, "Deploy", {
      user: "1",
      name: "deploy",
      description: `begins with kw_${drawn.secretId}`,
      expiry: Expiry.never(),
      ownSecret: { secret: drawn.secret, version: 1 },
    });
    expect(jsonOf(stack)).toMatchObject({ ephemeral: { keyward_secret: { Drawn: {} } } });
    expect(resourceOf(stack, "keyward_api_key")).toMatchObject({
      secret_wo: "${ephemeral.keyward_secret.Drawn.secret}",
      secret_wo_version: 1,
      description: "begins with kw_${ephemeral.keyward_secret.Drawn.secret_id}",
    });
    expect(synthesise(stack)).toEqual([]);
  });

  test("means what its texts say: what Terraform would read as a template stands for itself, beside tokens", () => {
    const stack = newStack();
    const text = new TerraformVariable(stack, "Text", { type: "string" }).stringValue;
    new ApiKey(stack, "Deploy", {
      user: "1",
      name: "100%{ ${x} $${y}",
      description: `\${a} ${text} %{ if`,
      expiry: Expiry.never(),
    });
    expect(resourceOf(stack, "keyward_api_key")).toMatchObject({
      name: "100%%{ $${x} $$${y}",
      description: "$${a} ${var.Text} %%{ if",
    });
    expect(synthesise(stack)).toEqual([]);
  });

  test("takes the value of an iterator, and is many keys then", () => {
    const stack = newStack();
    const iterator = TerraformIterator.fromList(["a", "b"]);
    const key = new ApiKey(stack, "Deploy", { user: "1", name: iterator.value, expiry: Expiry.never() });
    key.resource.forEach = iterator;
    expect(resourceOf(stack, "keyward_api_key")).toMatchObject({
      for_each: '${toset(["a", "b"])}',
      name: "${each.value}",
    });
    expect(synthesise(stack)).toEqual([]);
  });

  test("that was made many has no one secret to put out", () => {
    const stack = newStack();
    const key = new ApiKey(stack, "Deploy", { user: "1", name: "deploy", expiry: Expiry.never() });
    key.outputSecret("secret");
    key.resource.forEach = TerraformIterator.fromList(["a", "b"]);
    expect(() => synthesise(stack)).toThrow(
      "[stack/Deploy/Secret] key: stack/Deploy is many keys (its resource has forEach or count)",
    );
  });

  test("warns where its secret is put out by another stack, whose state then has it too", () => {
    const { stack, key } = keyWith();
    const other = new TerraformStack(App.of(stack), "other");
    new SecretOutput(other, "Out", { key });
    expect(synthesise(stack)).toEqual([
      "[other/Out] key: stack/Deploy is in another stack, so that its secret is kept in the states of both; put it out in its own stack",
    ]);
  });

  test("names everything that is wrong at once", () => {
    const { stack } = keyWith({ name: "", expiry: Expiry.at("soon"), addresses: Addresses.allow(["x"]) });
    expect(() => synthesise(stack)).toThrow(/name: .*\n.*expiry: .*\n.*addresses: /);
  });

  test("is taken over by its number, and looked up by its name", () => {
    const { stack, key } = keyWith();
    key.importFrom("7");
    const found = ApiKey.fromName(stack, "Found", { user: "1", name: "hand-made" });
    const json = jsonOf(stack);
    expect(json.import).toEqual([{ id: "7", to: "keyward_api_key.Deploy_7B206E61" }]);
    expect(json.data["keyward_api_key"]).toMatchObject({
      [found.dataSource.friendlyUniqueId]: { user: "1", name: "hand-made" },
    });
    expect(Token.isUnresolved(found.keyId)).toBe(true);
  });

  test("is known by a mark, also to another copy of the package", () => {
    const { key } = keyWith();
    const elsewhere = Object.create(null, { [Symbol.for("keyward/ApiKey")]: { value: true } });
    expect([key, elsewhere, key.resource, null].map((one) => ApiKey.isApiKey(one))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test("leaves everything else to the resource", () => {
    const { stack, key } = keyWith();
    key.resource.addOverride("lifecycle.prevent_destroy", true);
    expect(resourceOf(stack, "keyward_api_key")).toMatchObject({ lifecycle: { prevent_destroy: true } });
  });
});
