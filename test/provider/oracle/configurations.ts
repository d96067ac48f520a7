/** Configurations of every resource that are right by construction, so that nearly all of them are planned and applied. */

import fc from "fast-check";
import { createSecret } from "../../../contract/secret.ts";
import { formatTime } from "../../../contract/time.ts";
import type { Attributes, Shape } from "../../../provider/plugin/schema.ts";
import { unknown } from "../../../provider/plugin/unknown.ts";
import { isArray, isObject, type ObjectValue, type Value } from "../../../provider/plugin/values.ts";

/** What is there already, for configurations to refer to. */
export interface Surroundings {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly identities: readonly string[];
  readonly settings: readonly string[];
  readonly recipients: readonly string[];
  /** The time at the beginning of each life, in epoch seconds. */
  readonly startSeconds: number;
}

/** Time that passes between the two configurations of a life. */
export const passingSeconds = 100 * 86_400;

/**
 * A configuration as parts that are independent of one another: any first part goes with any second part. So a second
 * configuration that takes some of its parts from the first is as good as either.
 */
export type Parts = readonly fc.Arbitrary<ObjectValue>[];

/** How the parts of a resource are made. A name is like no other's. */
type PartsOf = (name: string, surroundings: Surroundings) => Parts;

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 2 });

const text = fc.constantFrom("", "plain", "línea\nzwei", "🔑");

const address = fc.constantFrom(
  "192.0.2.0/24",
  "192.0.2.7",
  "2001:DB8::/32",
  "2001:db8:0::1",
  "198.51.100.0/25",
);

const addresses = optional(fc.uniqueArray(address, { minLength: 1, maxLength: 3 }));

const email = optional(fc.constantFrom("a@example.org", "A@Example.org", ""));

const member = (name: string, values: readonly string[]) =>
  fc.constantFrom(...values).map((value) => ({ [name]: value }));

const settingsOfKey = (name: string): Parts => [
  member("name", [name, `${name} again`]),
  fc.record({ description: optional(text) }),
  fc.record({ ip_allow_list: addresses, ip_deny_list: addresses }),
];

/** The ways to hand over a secret, and what goes with each: a secret of one's own cannot be rotated by age. */
function deliveryOf({ recipients }: Surroundings): fc.Arbitrary<ObjectValue> {
  const none = { recipients: null, secret_wo: null, secret_wo_version: null };
  const overlap = optional(fc.constantFrom("1h", "60m", "0s", "10d"));
  const every = optional(fc.constantFrom("90d", "2000h", "2160h", "400d"));
  const rotation = optional(fc.record({ every, overlap }));
  const own = fc.record({ every: fc.constant(null), overlap });
  return fc.oneof(
    rotation.map((given) => ({ ...none, rotation: given })),
    fc
      .tuple(fc.subarray([...recipients], { minLength: 1 }), rotation)
      .map(([given, rotated]) => ({ ...none, recipients: given, rotation: rotated })),
    fc.tuple(fc.nat(3), optional(own)).map(([version, rotated]) => ({
      ...none,
      // Another one for each configuration, as the server takes none twice.
      secret_wo: createSecret(),
      secret_wo_version: version,
      rotation: rotated,
    })),
  );
}

function endsOf({ startSeconds }: Surroundings): fc.Arbitrary<ObjectValue> {
  const later = startSeconds + 10 * passingSeconds;
  const inHour = formatTime(later + 3600).replace("Z", "+01:00");
  return fc.oneof(
    fc.constant({ expires_at: null, expires_in: null }),
    fc
      .constantFrom(formatTime(later), inHour, formatTime(later + 1))
      .map((expires_at) => ({ expires_at, expires_in: null })),
    fc
      .constantFrom("90d", "2160h", "5000d", "30000h")
      .map((expires_in) => ({ expires_at: null, expires_in })),
  );
}

/** Keys of every kind that outlive the time that passes, or are succeeded in it. */
const apiKey: PartsOf = (name, surroundings) => [
  fc
    .oneof({ weight: 7, arbitrary: fc.constant("1") }, fc.constantFrom(...surroundings.users))
    .map((user) => ({
      user,
    })),
  ...settingsOfKey(name),
  endsOf(surroundings),
  deliveryOf(surroundings),
];

/**
 * Keys that end meanwhile, at a time that stays in the configuration: a fact by then, and no fault. But of a key that would
 * be made anew it is one.
 */
const endingKey: PartsOf = (name, { users, startSeconds }) => [
  fc.constant({
    user: users[0] ?? null,
    expires_at: formatTime(startSeconds + passingSeconds / 2),
    expires_in: null,
    rotation: null,
    recipients: null,
    secret_wo: null,
    secret_wo_version: null,
  }),
  ...settingsOfKey(name),
];

const user: PartsOf = (name) => [
  member("name", [name, name.toUpperCase(), `${name}-2`]),
  fc.record({ type: optional(fc.constantFrom("api", "normal")) }),
  fc.record({ displayname: optional(fc.constantFrom("", "Somebody")), email }),
  fc.record({ enabled: optional(fc.boolean()), physical_access: optional(fc.boolean()) }),
  // A password takes the server a tenth of a second by design.
  fc.oneof(
    { weight: 19, arbitrary: fc.constant({ password_wo: null, password_wo_version: null }) },
    fc.nat(3).map((version) => ({ password_wo: `horse battery ${version}`, password_wo_version: version })),
  ),
];

const group: PartsOf = (name) => [
  member("name", [name, `${name} again`]),
  fc.record({ description: optional(text), email, enabled: optional(fc.boolean()) }),
];

const groupMember: PartsOf = (_, { users, groups: [outer = "", ...inner] }) => [
  fc.constant({ group: outer }),
  fc.oneof(
    fc.constantFrom(...users).map((id) => ({ user: id, member_group: null })),
    fc.constantFrom(...inner).map((id) => ({ user: null, member_group: id })),
  ),
];

const permission: PartsOf = (name, { identities }) => [
  fc.constantFrom(...identities).map((identity) => ({ identity })),
  fc.constant({ table: name.replaceAll(/[^a-z0-9]/g, "_") }),
  fc.record({ row: optional(fc.constantFrom("0", "3")) }),
  fc.record({ rights: fc.uniqueArray(fc.constantFrom("list", "read", "create", "modify", "delete")) }),
];

const setting: PartsOf = (_, { settings }) => [
  member("name", settings),
  member("value", ["", "61", "3600", "🔑"]),
];

interface Kind {
  readonly typeName: string;
  readonly lives: number;
  readonly partsOf: PartsOf;
  /** Attributes that are always known at plan. */
  readonly known?: readonly string[];
}

/** Every resource of the provider, with the number of lives that each is given; most of the rules are those of keys. */
export const kinds: readonly Kind[] = [
  // In parts, so that none takes long on a machine that has much to do.
  ...Array.from({ length: 8 }, () => ({ typeName: "keyward_api_key", lives: 20, partsOf: apiKey })),
  { typeName: "keyward_api_key", lives: 20, partsOf: endingKey, known: ["user"] },
  { typeName: "keyward_user", lives: 20, partsOf: user },
  { typeName: "keyward_group", lives: 20, partsOf: group },
  { typeName: "keyward_group_member", lives: 15, partsOf: groupMember },
  { typeName: "keyward_permission", lives: 15, partsOf: permission },
  { typeName: "keyward_setting", lives: 15, partsOf: setting },
];

/** Two configurations of an object, and what of each is not known when it is first planned. */
export interface Story {
  readonly first: ObjectValue;
  readonly second: ObjectValue;
  readonly firstBlurred: ObjectValue;
  readonly secondBlurred: ObjectValue;
}

/** Stories of one resource. The second configuration has some of its parts from the first. */
export function storyOf(
  parts: Parts,
  attributes: Attributes,
  known: readonly string[] = [],
): fc.Arbitrary<Story> {
  const configuration = fc.tuple(...parts);
  const choices = fc.array(fc.nat(11), {
    minLength: Object.keys(attributes).length,
    maxLength: Object.keys(attributes).length,
  });
  const isKept = fc.array(fc.boolean(), { minLength: parts.length, maxLength: parts.length });
  return fc
    .tuple(configuration, configuration, isKept, choices, choices)
    .map(([firstParts, others, kept, firstChoices, secondChoices]) => {
      const first = whole(attributes, firstParts);
      const second = whole(
        attributes,
        others.map((part, place) => (kept[place] === true ? (firstParts[place] ?? part) : part)),
      );
      return {
        first,
        second,
        firstBlurred: blurred(attributes, first, firstChoices, known),
        secondBlurred: blurred(attributes, second, secondChoices, known),
      };
    });
}

function whole(attributes: Attributes, parts: readonly ObjectValue[]): ObjectValue {
  const given: ObjectValue = Object.assign({}, ...parts);
  return Object.fromEntries(Object.keys(attributes).map((name) => [name, given[name] ?? null]));
}

/** The configuration as it may be at plan: some attributes are not known yet, or some part of them. */
function blurred(
  attributes: Attributes,
  config: ObjectValue,
  choices: readonly number[],
  known: readonly string[],
): ObjectValue {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { shape, options }], place) => {
      const value = config[name] ?? null;
      const isGiven = (options.required === true || options.optional === true) && !known.includes(name);
      const choice = choices[place] ?? 0;
      return [name, isGiven && choice < 3 ? blurredValue(shape, value, choice) : value];
    }),
  );
}

/** Choice 0 hides the value, also one that will turn out to be null; others hide a part of it, where it has parts. */
function blurredValue(shape: Shape, value: Value, choice: number): Value {
  if (choice === 0) {
    return unknown;
  }
  if (isArray(value) && value.length > 0) {
    return value.map((item, place) => (place === choice % value.length ? unknown : item));
  }
  if (shape.kind === "object" && isObject(value)) {
    const names = Object.keys(shape.attributes);
    return { ...value, [names[choice % names.length] ?? ""]: unknown };
  }
  return value;
}
