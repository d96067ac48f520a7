import type { ApiKeyAnswer, Client } from "../../client/client.ts";
import { formatTime, parseTime } from "../../contract/time.ts";
import type { ApiKeyChange } from "../../contract/user-api-keys.ts";
import { apiKeyDescription, apiKeyName } from "../../contract/user-api-keys.ts";
import { withCreationTime } from "../created.ts";
import { attempt } from "../failures.ts";
import { ProviderError } from "../plugin/diagnostics.ts";
import { resourcesOf } from "../plugin/resource.ts";
import { schema, set, string } from "../plugin/schema.ts";
import { isUnknown } from "../plugin/unknown.ts";
import type { State } from "../plugin/views.ts";
import { checkWith } from "../problem.ts";
import { checkAddressEntry, fromWire, sameAddresses, toWire } from "./address-set.ts";

const apiKeySchema = schema({
  version: 0,
  description:
    "An API key: a secret that authenticates as a user, from the addresses and until the time that you declare. " +
    "Destroying the resource revokes the key at once.",
  attributes: {
    id: string({ computed: true, description: "The key's number on the server." }),
    user: string({
      required: true,
      replace: true,
      description:
        "The `id` of the user that the key belongs to and whose rights it has. Changing it makes a new key.",
      validate: (user) =>
        /^[1-9]\d{0,14}$/.test(user)
          ? null
          : `The value ${JSON.stringify(user)} is not the id of a user, a whole number above 0.`,
    }),
    name: string({
      required: true,
      description: "Name of the key, unique for its user, at most 128 characters.",
      validate: checkWith(apiKeyName),
    }),
    description: string({
      optional: true,
      default: "",
      description: "What the key is for, at most 2048 characters.",
      validate: checkWith(apiKeyDescription),
    }),
    expires_at: string({
      optional: true,
      description:
        "When the key ends, an RFC 3339 time such as `2027-01-31T00:00:00Z`. Without it the key never expires.",
      validate: (text) => {
        const time = parseTime(text);
        return time.ok ? null : `The value ${JSON.stringify(text)} ${time.problem}.`;
      },
      sameMeaning: (left, right) => secondsOf(left) === secondsOf(right),
    }),
    ip_allow_list: set(string, {
      optional: true,
      description:
        "Addresses and CIDR blocks that the key may be used from. Without any, it may be used from everywhere that " +
        "`ip_deny_list` does not name. With some, `ip_deny_list` has no effect: the allow list wins.",
      validateElement: checkAddressEntry,
      sameMeaning: sameAddresses,
    }),
    ip_deny_list: set(string, {
      optional: true,
      description: "Addresses and CIDR blocks that the key may not be used from.",
      validateElement: checkAddressEntry,
      sameMeaning: sameAddresses,
    }),
    secret: string({
      computed: true,
      nullable: true,
      sensitive: true,
      description:
        "The secret to present as a Bearer token. The server shows it only when the key is made, so it is null for an " +
        "imported key. It is kept in the state: guard the state.",
    }),
    created_at: string({ computed: true, nullable: true, description: "When the key was made (RFC 3339)." }),
    last_login_at: string({
      computed: true,
      nullable: true,
      description: "When the key was last accepted (RFC 3339); null if it never was.",
    }),
    last_login_ip: string({
      computed: true,
      nullable: true,
      description: "The address that the key was last accepted from; null if it never was.",
    }),
  },
});

type ApiKeyState = State<typeof apiKeySchema>;

/** Attributes whose names differ from the fields that the server finds fault with. */
const attributeOfField = { expires: "expires_at", expires_type: "expires_at" } as const;

const resource = resourcesOf<Client>();

/** Resource `keyward_api_key`. */
export const apiKey = resource({
  typeName: "keyward_api_key",
  schema: apiKeySchema,

  validate({ config, warn }) {
    const { ip_allow_list: allow, ip_deny_list: deny } = config;
    if (allow === null || deny === null || isUnknown(allow) || isUnknown(deny)) {
      return;
    }
    if (allow.length > 0 && deny.length > 0) {
      warn("The deny list has no effect", {
        attribute: "ip_deny_list",
        detail: "The key has an allow list, which alone decides: only the addresses on it are admitted.",
      });
    }
  },

  plan({ config, prior, planned }) {
    const wanted = config.expires_at;
    const isNew = prior === null || prior.expires_at !== planned.expires_at;
    // An expiry that has passed since it was set is a fact, not a fault: only setting one in the past is.
    if (isNew && wanted !== null && !isUnknown(wanted) && secondsOf(wanted) * 1000 <= Date.now()) {
      throw new ProviderError("The expiry is in the past", {
        attribute: "expires_at",
        detail: `${wanted} has passed. Give a future time, or leave expires_at out for a key that never expires.`,
      });
    }
    return planned;
  },

  async read({ state, client, signal }) {
    const row = await attempt("read the API key", () => client.getApiKey(state.id, signal));
    return row === undefined ? null : toState(row, state);
  },

  async create({ plan, client, signal }) {
    const body = {
      user: plan.user,
      ...settingsOf(plan),
      expires_type: plan.expires_at === null ? "never" : "date",
    } as const;
    const create = () => client.createApiKey(body, signal);
    const issued = await attempt("create the API key", create, attributeOfField);
    const state: ApiKeyState = {
      ...plan,
      id: issued.key,
      secret: issued.secret,
      created_at: null,
      last_login_at: null,
      last_login_ip: null,
    };
    return withCreationTime(state, () =>
      attempt("read the new API key", () => client.getApiKey(issued.key, signal)),
    );
  },

  async update({ prior, plan, client, signal }) {
    const before = settingsOf(prior);
    const after = settingsOf(plan);
    const change: ApiKeyChange = {
      ...(after.name === before.name ? {} : { name: after.name }),
      ...(after.description === before.description ? {} : { description: after.description }),
      ...(after.ip_allow_list === before.ip_allow_list ? {} : { ip_allow_list: after.ip_allow_list }),
      ...(after.ip_deny_list === before.ip_deny_list ? {} : { ip_deny_list: after.ip_deny_list }),
      ...(after.expires === before.expires
        ? {}
        : { expires: after.expires, expires_type: after.expires === 0 ? "never" : "date" }),
    };
    const update = () => client.updateApiKey(prior.id, change, signal);
    await attempt("update the API key", update, attributeOfField);
    // What the server computes is planned as it was: a later read may find a later login, an update may not.
    const { id, secret, created_at, last_login_at, last_login_ip } = prior;
    return { ...plan, id, secret, created_at, last_login_at, last_login_ip };
  },

  async delete({ state, client, signal }) {
    await attempt("delete the API key", () => client.deleteApiKey(state.id, signal));
  },

  async import({ id, client, signal, warn }) {
    const row = await attempt("import the API key", () => client.getApiKey(id, signal));
    if (row === undefined) {
      return null;
    }
    warn("The secret of an imported key is not known", {
      detail:
        "The server showed it when the key was made and never again, so the attribute secret stays null.",
    });
    return toState(row, undefined);
  },
});

/** The attributes that the server stores, in its terms. */
function settingsOf(
  given: Pick<ApiKeyState, "name" | "description" | "expires_at" | "ip_allow_list" | "ip_deny_list">,
) {
  return {
    name: given.name,
    description: given.description,
    expires: given.expires_at === null ? 0 : secondsOf(given.expires_at),
    ip_allow_list: toWire(given.ip_allow_list),
    ip_deny_list: toWire(given.ip_deny_list),
  };
}

/** The state that a row stands for; where the present state says the same in other words, its spelling is kept. */
function toState(row: ApiKeyAnswer, state: ApiKeyState | undefined): ApiKeyState {
  return {
    id: String(row.$key),
    user: String(row.user),
    name: row.name,
    description: row.description,
    expires_at: toExpiresAt(row.expires, state?.expires_at ?? null),
    ip_allow_list: fromWire(row.ip_allow_list, state?.ip_allow_list ?? null),
    ip_deny_list: fromWire(row.ip_deny_list, state?.ip_deny_list ?? null),
    secret: state?.secret ?? null,
    created_at: formatTime(row.created),
    last_login_at: row.lastlogin_stamp === 0 ? null : formatTime(row.lastlogin_stamp),
    last_login_ip: row.lastlogin_ip === "" ? null : row.lastlogin_ip,
  };
}

function toExpiresAt(expires: number, inState: string | null): string | null {
  if (inState !== null && secondsOf(inState) === expires) {
    return inState;
  }
  return expires === 0 ? null : formatTime(expires);
}

/** Epoch seconds of a time that was validated; -1 for one that cannot be read, which equals none. */
function secondsOf(text: string): number {
  const time = parseTime(text);
  return time.ok ? time.seconds : -1;
}
