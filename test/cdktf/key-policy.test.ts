import { App, Aspects, Lazy, TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import { describe, expect, test } from "vitest";
import {
  Addresses,
  ApiKey,
  type ApiKeyProps,
  ApiKeyResource,
  Duration,
  days,
  Expiry,
  hours,
  KeyPolicy,
  type KeyPolicyProps,
  Rotation,
} from "../../cdktf/index.ts";
import { newApp, newStack, newStackIn, synthesise } from "./synthesised.ts";

const inAYear = new Date(Date.now() + 365 * 86_400_000);

/** What a policy says of a key, as warnings. */
function judged(policy: KeyPolicyProps, key: Partial<ApiKeyProps>): readonly string[] {
  const stack = newStack();
  Aspects.of(stack).add(new KeyPolicy({ ...policy, severity: "warning" }));
  new ApiKey(stack, "Deploy", { user: "1", name: "deploy", expiry: Expiry.never(), ...key });
  return synthesise(stack);
}

describe("a policy", () => {
  const broken: readonly [string, KeyPolicyProps, Partial<ApiKeyProps>, string][] = [
    [
      "forbidNever",
      { forbidNever: true },
      { expiry: Expiry.never() },
      "breaks the rule forbidNever: the key never ends; give it an end, such as Expiry.after(days(90))",
    ],
    [
      "maxLifetime",
      { maxLifetime: days(90) },
      { expiry: Expiry.after(days(91)) },
      'breaks the rule maxLifetime 90d: the key is valid for 91d; shorten it, to Expiry.after(Duration.parse("90d")) at most',
    ],
    [
      "requireAllowList",
      { requireAllowList: true },
      { addresses: Addresses.deny(["192.0.2.1"]) },
      'breaks the rule requireAllowList: the key may be used from any address; say from where, such as Addresses.allow(["192.0.2.0/24"])',
    ],
    [
      "requireRotation",
      { requireRotation: true },
      { rotation: Rotation.onChange({ overlap: hours(1) }) },
      "breaks the rule requireRotation: the key keeps its secret for ever; rotate it by age, such as Rotation.every(days(30), { overlap: hours(48) })",
    ],
  ];
  test.each(broken)(
    "that is broken (%s) names construct, rule and remedy, and fails the synthesis",
    (_, policy, key, message) => {
      const stack = newStack();
      Aspects.of(stack).add(new KeyPolicy(policy));
      new ApiKey(stack, "Deploy", { user: "1", name: "deploy", expiry: Expiry.never(), ...key });
      expect(() => synthesise(stack)).toThrow(`[stack/Deploy] ${message}`);
      expect(judged(policy, key)).toEqual([`[stack/Deploy] ${message}`]);
    },
  );

  test.each([
    ["never", Expiry.never()],
    ["a date beyond it", Expiry.at(inAYear)],
    ["another unit", Expiry.after(hours(90 * 24 + 1))],
  ])("of a longest lifetime is broken by %s", (_, expiry) => {
    expect(judged({ maxLifetime: days(90) }, { expiry })).toHaveLength(1);
  });

  test("is kept by a key that does all of it", () => {
    const policy = {
      maxLifetime: days(366),
      requireAllowList: true,
      forbidNever: true,
      requireRotation: true,
    };
    const key = {
      addresses: Addresses.allow(["192.0.2.1"]),
      rotation: Rotation.every(days(30), { overlap: hours(1) }),
    };
    expect(judged(policy, { ...key, expiry: Expiry.at(inAYear) })).toEqual([]);
    expect(judged(policy, { ...key, expiry: Expiry.after(days(366)) })).toEqual([]);
    expect(judged({}, {})).toEqual([]);
  });

  test("does not judge what is a token", () => {
    const stack = newStack();
    const text = new TerraformVariable(stack, "Text", { type: "string" }).stringValue;
    const list = new TerraformVariable(stack, "List", { type: "list(string)" }).listValue;
    Aspects.of(stack).add(
      new KeyPolicy({
        maxLifetime: days(1),
        requireAllowList: true,
        forbidNever: true,
        requireRotation: true,
      }),
    );
    new ApiKey(stack, "Late", {
      user: "1",
      name: "late",
      expiry: Expiry.at(text),
      addresses: Addresses.allow(list),
      rotation: Rotation.every(Duration.parse(text), { overlap: hours(1) }),
    });
    expect(synthesise(stack)).toEqual([]);
  });

  test("of an app judges all of its stacks, and keys that go round the construct", () => {
    const stack = newStack("one");
    const app = App.of(stack);
    Aspects.of(app).add(new KeyPolicy({ forbidNever: true, requireAllowList: true }));
    new ApiKeyResource(stack, "Binding", { user: "1", name: "binding", ipAllowList: [] });
    const { resource } = new ApiKey(stack, "Overridden", {
      user: "1",
      name: "overridden",
      expiry: Expiry.after(days(1)),
      addresses: Addresses.allow(["192.0.2.1"]),
    });
    resource.addOverride("expires_in", undefined);
    resource.addOverride("ip_allow_list", undefined);
    expect(() => synthesise(stack)).toThrow(
      /\[one\/Binding\] breaks the rule forbidNever.*\n.*\[one\/Binding\] breaks the rule requireAllowList.*\n.*\[one\/Overridden\] breaks the rule forbidNever.*\n.*\[one\/Overridden\] breaks the rule requireAllowList/,
    );
  });

  test("judges a token that is known by then", () => {
    const stack = newStack();
    Aspects.of(stack).add(new KeyPolicy({ maxLifetime: days(90) }));
    new ApiKey(stack, "Lazy", {
      user: "1",
      name: "lazy",
      expiry: Expiry.after(Duration.parse(Lazy.stringValue({ produce: () => "365d" }))),
    });
    expect(() => synthesise(stack)).toThrow("[stack/Lazy] breaks the rule maxLifetime 90d");
  });

  test("of a scope between app and stack judges the stacks in it, and no other", () => {
    const app = newApp();
    const scope = new Construct(app, "Env");
    Aspects.of(scope).add(new KeyPolicy({ forbidNever: true, severity: "warning" }));
    for (const stack of [newStackIn(scope, "one"), newStackIn(scope, "two"), newStackIn(app, "free")]) {
      new ApiKey(stack, "Key", { user: "1", name: "key", expiry: Expiry.never() });
    }
    expect(synthesise(app)).toEqual([
      expect.stringMatching(/^\[Env\/one\/Key\] breaks the rule forbidNever/),
      expect.stringMatching(/^\[Env\/two\/Key\] breaks the rule forbidNever/),
    ]);
  });

  test("of an app holds where the app skips validations", () => {
    const app = newApp({ skipValidation: true });
    const stack = newStackIn(app, "stack");
    Aspects.of(app).add(new KeyPolicy({ forbidNever: true }));
    new ApiKey(stack, "Key", { user: "1", name: "key", expiry: Expiry.never() });
    expect(() => synthesise(stack)).toThrow("[stack/Key] breaks the rule forbidNever");
  });

  test("judges the stack that it was added to and no other", () => {
    const stack = newStack("strict");
    const other = newStackIn(App.of(stack), "other");
    Aspects.of(stack).add(new KeyPolicy({ forbidNever: true }));
    new ApiKeyResource(other, "Free", { user: "1", name: "free" });
    expect(synthesise(stack)).toEqual([]);
  });

  test("with a length that cannot be read is refused when it is made", () => {
    expect(() => new KeyPolicy({ maxLifetime: Duration.parse("soon") })).toThrow(
      'KeyPolicy: maxLifetime: "soon" is not a length of time',
    );
  });
});
