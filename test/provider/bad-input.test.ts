/** What each wrong input is told: how bad it is, where, what is wrong, and what would be right. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSecret } from "../../contract/secret.ts";
import type { DiagnosticMessage } from "../../provider/plugin/messages.ts";
import type { Attributes, Schema } from "../../provider/plugin/schema.ts";
import { encodeObject, encodeValue, type ObjectValue } from "../../provider/plugin/values.ts";
import { ListeningServer, ProviderInProcess } from "./provider-in-process.ts";

const provider = new ProviderInProcess();
const { dataSources = [], ephemeralResources = [], functions = [] } = provider.provider;

/** A diagnostic as a table shows it; the place is a path from the outside in. */
function said({ severity, summary, detail, attribute }: DiagnosticMessage): string {
  const place = (attribute?.steps ?? []).map(({ selector }) => String(selector?.value)).join(".");
  return `${severity} ${place}: ${summary}. ${detail}`;
}

/** A configuration with null for what it leaves out, as core sends it. */
function encode(attributes: Attributes, given: ObjectValue) {
  const names = Object.keys(attributes);
  return encodeObject(attributes, Object.fromEntries(names.map((name) => [name, given[name] ?? null])));
}

function schemaIn(all: readonly { typeName: string; schema: Schema }[], typeName: string): Schema {
  return all.find((one) => one.typeName === typeName)?.schema ?? expect.fail(typeName);
}

const missing = (name: string) =>
  `ERROR ${name}: Missing value of ${name}. The attribute is required, and its value is null. Give it a value.`;

const invalid = (name: string, detail: string) => `ERROR ${name}: Invalid value of ${name}. ${detail}`;

/** What is wrong with an attribute, and what is said of it. */
type Case = readonly [wrong: ObjectValue, said: readonly string[]];

const notAnId = (text: string) => `The value "${text}" is not the id of an object, a whole number above 0.`;

describe.each<{ typeName: string; right: ObjectValue; cases: readonly Case[] }>([
  {
    typeName: "keyward_api_key",
    right: { user: "1", name: "k" },
    cases: [
      [{ user: null, name: null }, [missing("user"), missing("name")]],
      [
        { user: "admin" },
        [invalid("user", 'The value "admin" is not the id of a user, a whole number above 0.')],
      ],
      [{ name: "" }, [invalid("name", "The value must not be empty.")]],
      [{ name: "n".repeat(129) }, [invalid("name", "The value must be at most 128 characters.")]],
      [
        { description: "d".repeat(2049) },
        [invalid("description", "The value must be at most 2048 characters.")],
      ],
      [
        { expires_at: "tomorrow" },
        [
          invalid(
            "expires_at",
            'The value "tomorrow" is not an RFC 3339 time with an offset; write one such as 2027-01-31T00:00:00Z.',
          ),
        ],
      ],
      [
        { expires_in: "1 day" },
        [
          invalid(
            "expires_in",
            'The value "1 day" is not a length of time; write one such as 90d, 720h or 1h30m.',
          ),
        ],
      ],
      [
        { expires_in: "1000000d" },
        [
          invalid(
            "expires_in",
            'The value "1000000d" is longer than a hundred years; was another unit meant?',
          ),
        ],
      ],
      [
        { expires_at: "2035-01-01T00:00:00Z", expires_in: "1d" },
        [
          "ERROR expires_in: Two ways to say when the key ends. Give expires_at, a time, or expires_in, a length of time, but not both.",
        ],
      ],
      [
        { ip_allow_list: ["192.0.2.1/24"] },
        [
          invalid(
            "ip_allow_list",
            'The entry "192.0.2.1/24" has host bits set; did you mean the network 192.0.2.0/24 or the one address 192.0.2.1?',
          ),
        ],
      ],
      [
        { ip_deny_list: ["example.org", "0.0.0.0/0"] },
        [
          invalid(
            "ip_deny_list",
            'The entry "example.org" is a host name; write its address, because a name can change hands after it was checked.',
          ),
          invalid(
            "ip_deny_list",
            'The entry "0.0.0.0/0" covers every address; leave the list empty, or remove the entry, if that is what you mean.',
          ),
        ],
      ],
      [
        { ip_allow_list: ["192.0.2.1"], ip_deny_list: ["192.0.2.2"] },
        [
          "WARNING ip_deny_list: The deny list has no effect. The key has an allow list, which alone decides: only the addresses on it are admitted.",
        ],
      ],
      [
        { rotation: { every: "0s", overlap: null } },
        ["ERROR rotation: A key cannot be due all the time. Give every a length of time above zero."],
      ],
      [
        { rotation: { every: "1d", overlap: "24h" } },
        [
          'ERROR rotation: The overlap is as long as the rotation. With every = "1d", an overlap of "24h" would have more than two keys valid at once. Make it shorter.',
        ],
      ],
      [
        { rotation: { every: "often", overlap: null } },
        [
          invalid(
            "rotation.every",
            'The value "often" is not a length of time; write one such as 90d, 720h or 1h30m.',
          ),
        ],
      ],
      [
        { secret_wo: createSecret(), secret_wo_version: 1, rotation: { every: "1d", overlap: null } },
        [
          "ERROR rotation: A key cannot be rotated by age with a secret of your own. Its next secret has to come from you: leave every out and change secret_wo_version to rotate.",
        ],
      ],
      [
        { secret_wo_version: 1 },
        [
          "ERROR secret_wo: secret_wo is missing. secret_wo is stored nowhere, so that only a change of secret_wo_version shows that it is another one.",
        ],
      ],
      [
        { secret_wo: createSecret() },
        [
          "ERROR secret_wo_version: secret_wo_version is missing. secret_wo is stored nowhere, so that only a change of secret_wo_version shows that it is another one.",
        ],
      ],
      [
        { recipients: ["ssh-ed25519 AAAA"] },
        [
          invalid(
            "recipients",
            'The value "ssh-ed25519 AAAA" is not an age public key, which begins with age1 (age-keygen makes one).',
          ),
        ],
      ],
    ],
  },
  {
    typeName: "keyward_user",
    right: { name: "x" },
    cases: [
      [{ name: null }, [missing("name")]],
      [{ name: "a/b" }, [invalid("name", "The value must not contain a slash or a colon.")]],
      [
        { email: "x" },
        [invalid("email", "The value must be an e-mail address such as someone@example.org.")],
      ],
      [{ type: "robot" }, [invalid("type", 'The value must be "normal", "api" or "vdi".')]],
      [
        { displayname: "d".repeat(129) },
        [invalid("displayname", "The value must be at most 128 characters.")],
      ],
      [
        { password_wo: "short", password_wo_version: 1 },
        [invalid("password_wo", "The value must be at least 8 characters.")],
      ],
      [
        { password_wo: "long enough for all" },
        [
          "ERROR password_wo_version: password_wo_version is missing. password_wo is stored nowhere, so that only a change of password_wo_version shows that it is another one.",
        ],
      ],
      [
        { password_wo_version: 1 },
        [
          "ERROR password_wo: password_wo is missing. password_wo is stored nowhere, so that only a change of password_wo_version shows that it is another one.",
        ],
      ],
    ],
  },
  {
    typeName: "keyward_group",
    right: { name: "x" },
    cases: [
      [{ name: "" }, [invalid("name", "The value must not be empty.")]],
      [
        { email: "x" },
        [invalid("email", "The value must be an e-mail address such as someone@example.org.")],
      ],
    ],
  },
  {
    typeName: "keyward_group_member",
    right: { group: "1", user: "1" },
    cases: [
      [{ group: "ops" }, [invalid("group", notAnId("ops"))]],
      [
        { user: null },
        [
          "ERROR user: The member is missing. Give user or member_group, the one of the two that is in the group.",
        ],
      ],
      [
        { member_group: "2" },
        [
          "ERROR user: Two members in one membership. Give user or member_group, the one of the two that is in the group.",
        ],
      ],
    ],
  },
  {
    typeName: "keyward_permission",
    right: { identity: "1", table: "users", rights: ["list"] },
    cases: [
      [{ identity: "admin" }, [invalid("identity", notAnId("admin"))]],
      [
        { table: "Users" },
        [invalid("table", 'The value must be the name of a table, or "/" for everything.')],
      ],
      [{ row: "-1" }, [invalid("row", notAnId("-1"))]],
      [
        { rights: ["write"] },
        [
          invalid(
            "rights",
            'The value "write" is not a right; there are list, read, create, modify, delete.',
          ),
        ],
      ],
    ],
  },
  {
    typeName: "keyward_setting",
    right: { name: "cloud_name", value: "x" },
    cases: [
      [{ name: null }, [missing("name")]],
      [{ name: "" }, [invalid("name", "The value must not be empty.")]],
      [{ value: null }, [missing("value")]],
    ],
  },
])("resource $typeName", ({ typeName, right, cases }) => {
  const validate = async (config: ObjectValue) => {
    const { diagnostics } = await provider.call("ValidateResourceConfig", {
      typeName,
      config: encode(provider.schemaOf(typeName).attributes, config),
      clientCapabilities: { deferralAllowed: false, writeOnlyAttributesAllowed: true },
    });
    return diagnostics.map(said);
  };

  test("has nothing to say of what is right", async () => {
    expect(await validate(right)).toEqual([]);
  });

  test.each(cases)("%o", async (wrong, expected) => {
    expect(await validate({ ...right, ...wrong })).toEqual(expected);
  });
});

describe("data sources", () => {
  test.each<[typeName: string, config: ObjectValue, said: readonly string[]]>([
    ["keyward_api_key", {}, ["ERROR id: It is not said which key. Give id, or both user and name."]],
    [
      "keyward_api_key",
      { name: "x" },
      ["ERROR id: It is not said which key. Give id, or both user and name."],
    ],
    ["keyward_api_key", { id: "x" }, [invalid("id", notAnId("x"))]],
    [
      "keyward_api_keys",
      { unused_since: "long" },
      [
        invalid(
          "unused_since",
          'The value "long" is not a length of time; write one such as 90d, 720h or 1h30m.',
        ),
      ],
    ],
    ["keyward_user", {}, ["ERROR id: It is not said which user. Give id or name, one of the two."]],
    [
      "keyward_user",
      { name: "Ann" },
      [invalid("name", "The server keeps names in lower case; write it so.")],
    ],
    ["keyward_group", {}, [missing("name")]],
  ])("%s %o", async (typeName, config, expected) => {
    const { diagnostics } = await provider.call("ValidateDataResourceConfig", {
      typeName,
      config: encode(schemaIn(dataSources, typeName).attributes, config),
    });
    expect(diagnostics.map(said)).toEqual(expected);
  });
});

describe("ephemeral resources", () => {
  test.each<[typeName: string, config: ObjectValue, said: readonly string[]]>([
    ["keyward_api_key", {}, [missing("user")]],
    [
      "keyward_api_key",
      { user: "1", lifetime: "30s" },
      [invalid("lifetime", "The lifetime must be a minute at least.")],
    ],
    [
      "keyward_api_key",
      { user: "1", lifetime: "soon" },
      [
        invalid(
          "lifetime",
          'The value "soon" is not a length of time; write one such as 90d, 720h or 1h30m.',
        ),
      ],
    ],
    [
      "keyward_api_key",
      { user: "1", ip_allow_list: ["10.0.0.1/8"] },
      [
        invalid(
          "ip_allow_list",
          'The entry "10.0.0.1/8" has host bits set; did you mean the network 10.0.0.0/8 or the one address 10.0.0.1?',
        ),
      ],
    ],
  ])("%s %o", async (typeName, config, expected) => {
    const { diagnostics } = await provider.call("ValidateEphemeralResourceConfig", {
      typeName,
      config: encode(schemaIn(ephemeralResources, typeName).attributes, config),
    });
    expect(diagnostics.map(said)).toEqual(expected);
  });
});

describe("functions", () => {
  test.each<[name: string, given: readonly (string | readonly string[])[], argument: number, text: string]>([
    [
      "address_allowed",
      ["example.org", [], []],
      0,
      '"example.org" is a host name; write its address, because a name can change hands after it was checked.',
    ],
    [
      "address_allowed",
      ["192.0.2.1", ["192.0.2.1/24"], []],
      1,
      '"192.0.2.1/24" has host bits set; did you mean the network 192.0.2.0/24 or the one address 192.0.2.1?',
    ],
    [
      "normalize_cidr",
      ["10.0.0.1/8"],
      0,
      '"10.0.0.1/8" has host bits set; did you mean the network 10.0.0.0/8 or the one address 10.0.0.1?',
    ],
  ])("%s %o", async (name, given, functionArgument, text) => {
    const { parameters } = functions.find((one) => one.name === name) ?? expect.fail(name);
    const { error } = await provider.call("CallFunction", {
      name,
      arguments: parameters.map(({ shape }, place) => encodeValue(shape, given[place] ?? null)),
    });
    expect(error).toEqual({ text, functionArgument });
  });
});

describe("the provider block", () => {
  const { attributes } = provider.provider.schema;
  const endpoint = "https://keys.example.com";

  test.each<[config: ObjectValue, said: readonly string[]]>([
    [
      { endpoint: "keys.example.com" },
      [
        invalid(
          "endpoint",
          'The value "keys.example.com" is not a URL that starts with https:// or http://.',
        ),
      ],
    ],
    [
      { endpoint: "https://ann:hush@keys.example.com" },
      [
        invalid(
          "endpoint",
          "The URL holds credentials. Set them as token, or as username and password, where they are kept from view.",
        ),
      ],
    ],
    [
      { endpoint, token: "t", username: "ann", password: "p" },
      [
        "WARNING username: The username and password have no effect. The token decides who the provider works as. Give a token, or username and password, but not both.",
      ],
    ],
  ])("is checked: %o", async (config, expected) => {
    const { diagnostics } = await provider.call("ValidateProviderConfig", {
      config: encode(attributes, config),
    });
    expect(diagnostics.map(said)).toEqual(expected);
  });

  const credentials =
    "Credentials for the server are missing. Set token (KEYWARD_TOKEN) to an API key, or both username and password (KEYWARD_USERNAME, KEYWARD_PASSWORD).";

  test.each<[config: ObjectValue, said: readonly string[]]>([
    [
      { token: "t" },
      [
        "ERROR endpoint: The server's endpoint is missing. Set endpoint in the provider block, or KEYWARD_ENDPOINT, to a URL such as https://keys.example.com.",
      ],
    ],
    [{ endpoint }, [`ERROR token: ${credentials}`]],
    [{ endpoint, username: "ann" }, [`ERROR password: ${credentials}`]],
    [{ endpoint, password: "p" }, [`ERROR token: ${credentials}`]],
  ])("is not enough to work with: %o", async (config, expected) => {
    const diagnostics = await new ProviderInProcess().configureWith(config);
    expect(diagnostics.map(said)).toEqual(expected);
  });
});

describe("imports", () => {
  let listening: ListeningServer;
  let configured: ProviderInProcess;

  beforeAll(async () => {
    listening = await ListeningServer.start();
    configured = await ProviderInProcess.configure(listening);
  });
  afterAll(() => listening.stop());

  test.each([
    ["keyward_api_key", "ci"],
    ["keyward_user", "ann"],
    ["keyward_user", "1/2"],
    ["keyward_group", "0"],
    ["keyward_group_member", "999"],
    ["keyward_permission", ""],
    ["keyward_setting", "nothing"],
  ])("%s %s", async (typeName, id) => {
    const { diagnostics } = await configured.call("ImportResourceState", { typeName, id });
    expect(diagnostics.map(said)).toEqual([
      `ERROR : There is no ${typeName} with the id ${JSON.stringify(id)}. Check the id, and that the provider's credentials may see the object.`,
    ]);
  });
});
