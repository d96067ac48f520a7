import { Fn, type IResolvable } from "cdktf";
import fc from "fast-check";
import {
  Addresses,
  type ApiKeyProps,
  type ApiKeyUserProps,
  command,
  Duration,
  days,
  Expiry,
  type GrantedRights,
  githubActionsSecret,
  gitlabVariable,
  hours,
  minutes,
  pakFile,
  Rotation,
  type SecretTarget,
  seconds,
  weeks,
} from "../../cdktf/index.ts";
import { rights } from "../../contract/permissions.ts";

/** Values of the stack under test that are known only when Terraform runs. */
export interface Tokens {
  readonly text: string;
  readonly list: string[];
  readonly count: number;
  readonly flag: IResolvable;
  /** A secret of one's own; undefined where the client is too old for one. */
  readonly secret: string | undefined;
}

/** A user with a right, a key of it, and one whose secret is handed over. */
interface ArbitraryDeclaration {
  readonly user: Omit<ApiKeyUserProps, "name">;
  readonly table: string;
  readonly row: string | undefined;
  readonly rights: GrantedRights;
  readonly key: Omit<ApiKeyProps, "user">;
  readonly handedOver: Omit<ApiKeyProps, "user">;
  readonly target: SecretTarget;
}

/** Whatever is valid, with tokens in every place that takes them. */
export function declarations(tokens: Tokens): fc.Arbitrary<ArbitraryDeclaration> {
  const { text, list, count, flag, secret } = tokens;
  const late = fc.constantFrom(text, Fn.upper(text), `x-${text}`);
  const name = fc.oneof({ arbitrary: words, weight: 4 }, { arbitrary: late, weight: 1 });
  const length = fc.oneof(
    { arbitrary: lengthOfTime, weight: 4 },
    { arbitrary: fc.constantFrom(days(count), Duration.parse(text)), weight: 1 },
  );
  const entries = fc.oneof(
    fc.uniqueArray(fc.oneof(address, fc.constant(text)), { minLength: 1, maxLength: 5 }),
    fc.constantFrom(list, Fn.reverse(list)),
  );
  const end = fc.oneof(
    fc.date({ min: new Date("2030-01-01"), max: new Date("2999-01-01"), noInvalidDate: true }).map(Expiry.at),
    fc.constantFrom(Expiry.never(), Expiry.at(text)),
  );
  const settings = {
    name,
    description: name,
    addresses: fc.oneof(
      entries.map(Addresses.allow),
      entries.map(Addresses.deny),
      fc.record({ allow: entries, deny: entries }).map(Addresses.lists),
      fc.constant(Addresses.anywhere()),
    ),
    recipients: fc.constantFrom([recipient], [recipient, text], list),
  };
  const byAge = fc
    .integer({ min: 2, max: 400 })
    .map((age) => Rotation.every(days(age), { overlap: Duration.parse("23h59m") }));
  const onChange = length.map((overlap) => Rotation.onChange({ overlap }));
  const key = fc.record(
    { ...settings, expiry: fc.oneof(length.map(Expiry.after), end), rotation: fc.oneof(byAge, onChange) },
    { requiredKeys: ["name", "expiry"] },
  );
  const { recipients: _, ...ownSettings } = settings;
  const keyWithOwnSecret = fc.record(
    {
      ...ownSettings,
      expiry: end,
      rotation: onChange,
      ownSecret: fc.constant({ secret: secret ?? "", version: 1 }),
    },
    { requiredKeys: ["name", "expiry", "ownSecret"] },
  );
  return fc.record({
    user: fc.record(
      {
        type: fc.constantFrom("normal", "api", "vdi", text),
        displayName: name,
        email: fc.oneof(fc.constantFrom("", "ann+keys@example.org"), late),
        enabled: fc.oneof(fc.boolean(), fc.constant(flag)),
      },
      { requiredKeys: [] },
    ),
    table: fc.constantFrom("/", "vms", "user_api_keys", text),
    row: fc.constantFrom(undefined, "7", text),
    rights: fc
      .subarray([...rights], { minLength: 1 })
      .map((granted) => Object.fromEntries(granted.map((right) => [right, true]))),
    key: secret === undefined ? key : fc.oneof({ arbitrary: key, weight: 3 }, keyWithOwnSecret),
    handedOver: fc.record(
      { ...settings, expiry: end, rotation: byAge },
      { requiredKeys: ["name", "expiry"] },
    ),
    target: targets(name, text),
  });
}

/** Words as people write them: any characters but those that a server refuses in a name. */
const words = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
    fc
      .array(fc.constantFrom("${", "%{", "}", "$", "%", "x", '"', "\\", "~"), { minLength: 1 })
      .map((parts) => parts.join("")),
  )
  .filter((text) => text.trim() !== "" && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text));
const lengthOfTime = fc
  .tuple(fc.constantFrom(seconds, minutes, hours, days, weeks), fc.integer({ min: 1, max: 50 }))
  .map(([of, count]) => of(count));
const octet = fc.integer({ min: 1, max: 254 });
const address = fc.oneof(
  fc.tuple(octet, octet, octet, octet).map((octets) => octets.join(".")),
  fc.tuple(octet, octet).map(([one, other]) => `${one}.${other}.0.0/16`),
  fc.integer({ min: 1, max: 0xffff }).map((group) => `2001:db8:${group.toString(16)}::/48`),
);
/** The private half of it is nowhere. */
const recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

/** Targets that take a secret of more than one line, as an encrypted one has. */
function targets(name: fc.Arbitrary<string>, text: string): fc.Arbitrary<SecretTarget> {
  const variable = fc.constantFrom("DEPLOY_KEY", "K", text);
  const repository = fc.constantFrom("acme/website", text);
  return fc.oneof(
    fc
      .record({ repository, name: variable, environment: name }, { requiredKeys: ["repository", "name"] })
      .map(githubActionsSecret),
    fc
      .record(
        {
          project: repository,
          name: variable,
          masked: fc.constant(false),
          protected: fc.boolean(),
          environmentScope: name,
        },
        { requiredKeys: ["project", "name", "masked"] },
      )
      .map(gitlabVariable),
    name.map((file) => pakFile({ path: `${file}.PAK` })),
    name.map((value) => command('deliver "${TO}"', { environment: { TO: value } })),
    name.map((to) => command(`deliver '${to}'`)),
  );
}
