import type { ApiKeyAnswer } from "../../client/client.ts";
import { splitAddressList } from "../../contract/address-list.ts";
import { formatTime } from "../../contract/time.ts";
import type { Connection } from "../connection.ts";
import { checkDuration, durationSeconds } from "../duration.ts";
import { attempt } from "../failures.ts";
import { dataSourcesOf } from "../plugin/data-source.ts";
import { ProviderError } from "../plugin/diagnostics.ts";
import { list, object, schema, string } from "../plugin/schema.ts";
import { isUnknown } from "../plugin/unknown.ts";
import { checkId } from "../resources/id.ts";
import { filterOf, textLiteral } from "./filter.ts";

const keyAttributes = {
  id: string({ computed: true, description: "The key's number on the server." }),
  user: string({ computed: true, description: "The `id` of its user." }),
  name: string({ computed: true, description: "Its name." }),
  description: string({ computed: true, description: "What it is for." }),
  status: string({ computed: true, description: "`active`, or `expired`." }),
  created_at: string({ computed: true, description: "When it was made (RFC 3339)." }),
  expires_at: string({ computed: true, nullable: true, description: "When it ends; null for never." }),
  last_login_at: string({
    computed: true,
    nullable: true,
    description: "When it was last accepted, or null.",
  }),
  last_login_ip: string({ computed: true, nullable: true, description: "From where, or null." }),
  ip_allow_list: list(string, {
    computed: true,
    description: "Addresses and CIDR blocks it may be used from, as `address_allowed` takes them.",
  }),
  ip_deny_list: list(string, {
    computed: true,
    description: "Addresses and CIDR blocks it may not be used from.",
  }),
} as const;

const dataSource = dataSourcesOf<Connection>();

/** Data source `keyward_api_key`: one key, by its number or by its user and name. */
export const apiKeyData = dataSource({
  typeName: "keyward_api_key",
  schema: schema({
    version: 0,
    description:
      "An API key that is there already, by `id`, or by `user` and `name`. What is given beside the `id` must be true of " +
      "the key. Its secret cannot be read.",
    attributes: {
      ...keyAttributes,
      id: string({ optional: true, computed: true, description: "The key's number.", validate: checkId }),
      user: string({
        optional: true,
        computed: true,
        description: "The `id` of its user.",
        validate: checkId,
      }),
      name: string({ optional: true, computed: true, description: "Its name." }),
    },
  }),

  validate({ config, error }) {
    const isKnown = ![config.id, config.user, config.name].some(isUnknown);
    if (isKnown && config.id === null && (config.user === null || config.name === null)) {
      error("It is not said which key", { attribute: "id", detail: "Give id, or both user and name." });
    }
  },

  async read({ config, client: { client, apiKeys }, signal }) {
    const { id, user, name } = config;
    const find = async () => {
      if (id !== null) {
        return apiKeys.get(id, signal);
      }
      const filter = filterOf([`user eq ${user}`, `name eq ${textLiteral(name ?? "")}`]);
      return (await client.listApiKeys({ ...filter, signal })).find((row) => row.name === name);
    };
    const row = await attempt("read the API key", find);
    if (row === undefined) {
      const which = id === null ? `named ${JSON.stringify(name)} of user ${user}` : `with the id ${id}`;
      throw new ProviderError(`There is no API key ${which}`, {
        detail: "Check it, and that the provider's credentials may see the key.",
      });
    }
    refuseAnother(row, config);
    return toKey(row);
  },
});

/** Data source `keyward_api_keys`: every key that fits. */
export const apiKeysData = dataSource({
  typeName: "keyward_api_keys",
  schema: schema({
    version: 0,
    description: "The API keys that fit all of what is given, in the order of their numbers.",
    attributes: {
      user: string({ optional: true, description: "The `id` of their user.", validate: checkId }),
      name_pattern: string({
        optional: true,
        description: "A pattern of their names: `*` is any text, `?` one character.",
      }),
      expiring_within: string({
        optional: true,
        description:
          "Only those that end within this time from now, such as `14d`; expired ones are among them.",
        validate: checkDuration,
      }),
      unused_since: string({
        optional: true,
        description: "Only those that were not used for this long, such as `90d`, or never.",
        validate: checkDuration,
      }),
      keys: list(object(keyAttributes), { computed: true, description: "The keys." }),
    },
  }),

  async read({ config, client: { client }, signal }) {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const { user, name_pattern: pattern, expiring_within: within, unused_since: unused } = config;
    const filter = filterOf([
      user === null ? null : `user eq ${user}`,
      within === null ? null : `expires gt 0 and expires le ${nowSeconds + durationSeconds(within)}`,
    ]);
    const rows = await attempt("list the API keys", () => client.listApiKeys({ ...filter, signal }));
    const expression = pattern === null ? null : patternOf(pattern);
    const fitting = rows.filter(
      (row) =>
        (expression === null || expression.test(row.name)) &&
        (unused === null || row.lastlogin_stamp <= nowSeconds - durationSeconds(unused)),
    );
    return { ...config, keys: fitting.map(toKey) };
  },
});

function patternOf(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "su");
}

/** What was given beside the id must be true of the key: the answer repeats it, whoever's key it is. */
function refuseAnother(
  row: ApiKeyAnswer,
  { user, name }: { readonly user: string | null; readonly name: string | null },
): void {
  if (name !== null && name !== row.name) {
    throw new ProviderError("The API key has another name", {
      attribute: "name",
      detail: `The key ${row.$key} is named ${JSON.stringify(row.name)}, not ${JSON.stringify(name)}. Leave name out, or give the id of the key that is meant.`,
    });
  }
  if (user !== null && user !== String(row.user)) {
    throw new ProviderError("The API key is another user's", {
      attribute: "user",
      detail: `The key ${row.$key} belongs to user ${row.user}, not to ${user}. Leave user out, or give the id of the key that is meant.`,
    });
  }
}

function entriesOf(addresses: string): string[] {
  return splitAddressList(addresses).map((entry) => entry.trim());
}

function toKey(row: ApiKeyAnswer) {
  return {
    id: String(row.$key),
    user: String(row.user),
    name: row.name,
    description: row.description,
    status: row.expires !== 0 && row.expires * 1000 <= Date.now() ? "expired" : "active",
    created_at: formatTime(row.created),
    expires_at: row.expires === 0 ? null : formatTime(row.expires),
    last_login_at: row.lastlogin_stamp === 0 ? null : formatTime(row.lastlogin_stamp),
    last_login_ip: row.lastlogin_ip === "" ? null : row.lastlogin_ip,
    ip_allow_list: entriesOf(row.ip_allow_list),
    ip_deny_list: entriesOf(row.ip_deny_list),
  };
}
