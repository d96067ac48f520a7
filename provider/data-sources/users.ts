import type { UserAnswer } from "../../client/client.ts";
import { formatTime } from "../../contract/time.ts";
import type { Connection } from "../connection.ts";
import { attempt } from "../failures.ts";
import { dataSourcesOf } from "../plugin/data-source.ts";
import { ProviderError } from "../plugin/diagnostics.ts";
import { bool, list, object, schema, string } from "../plugin/schema.ts";
import { isUnknown } from "../plugin/unknown.ts";
import { checkId } from "../resources/id.ts";
import { filterOf, textLiteral } from "./filter.ts";

const userAttributes = {
  id: string({ computed: true, description: "The user's number on the server, which keys refer to." }),
  identity: string({
    computed: true,
    nullable: true,
    description: "What `keyward_permission` grants rights to.",
  }),
  name: string({ computed: true, description: "Login name." }),
  type: string({ computed: true, description: "`normal`, `api` or `vdi`." }),
  displayname: string({ computed: true, description: "Name shown to people." }),
  email: string({ computed: true, description: "E-mail address." }),
  enabled: bool({ computed: true, description: "Whether the user may authenticate." }),
  created_at: string({ computed: true, description: "When the user was made (RFC 3339)." }),
  last_login_at: string({
    computed: true,
    nullable: true,
    description: "When it last gave its password, or null.",
  }),
} as const;

const dataSource = dataSourcesOf<Connection>();

/** Data source `keyward_user`: one user, by its number or name. */
export const userData = dataSource({
  typeName: "keyward_user",
  schema: schema({
    version: 0,
    description: "A user that is there already, by `id` or by `name`.",
    attributes: {
      ...userAttributes,
      id: string({ optional: true, computed: true, description: "The user's number.", validate: checkId }),
      name: string({
        optional: true,
        computed: true,
        description: "Login name, in lower case.",
        validate: (name) =>
          name === name.toLowerCase() ? null : "The server keeps names in lower case; write it so.",
      }),
    },
  }),

  validate({ config, error }) {
    if (!isUnknown(config.id) && !isUnknown(config.name) && (config.id === null) === (config.name === null)) {
      error("It is not said which user", { attribute: "id", detail: "Give id or name, one of the two." });
    }
  },

  async read({ config: { id, name }, client: { client, users }, signal }) {
    const find = async () =>
      id === null
        ? (await client.listUsers({ ...filterOf([`name eq ${textLiteral(name ?? "")}`]), signal })).find(
            (row) => row.name === name,
          )
        : users.get(id, signal);
    const row = await attempt("read the user", find);
    if (row === undefined) {
      throw new ProviderError(
        `There is no user ${id === null ? JSON.stringify(name) : `with the id ${id}`}`,
        {
          detail: "Check it, and that the provider's credentials may see the user.",
        },
      );
    }
    return toUser(row);
  },
});

/** Data source `keyward_users`: every user that fits. */
export const usersData = dataSource({
  typeName: "keyward_users",
  schema: schema({
    version: 0,
    description: "The users that fit all of what is given, in the order of their numbers.",
    attributes: {
      type: string({ optional: true, description: "Only those of this type: `normal`, `api` or `vdi`." }),
      enabled: bool({ optional: true, description: "Only those that are enabled, or that are not." }),
      users: list(object(userAttributes), { computed: true, description: "The users." }),
    },
  }),

  async read({ config, client: { client }, signal }) {
    const filter = filterOf([
      config.type === null ? null : `type eq ${textLiteral(config.type)}`,
      config.enabled === null ? null : `enabled eq ${config.enabled}`,
    ]);
    const rows = await attempt("list the users", () => client.listUsers({ ...filter, signal }));
    return { ...config, users: rows.map(toUser) };
  },
});

function toUser(row: UserAnswer) {
  return {
    id: String(row.$key),
    identity: row.identity,
    name: row.name,
    type: row.type,
    displayname: row.displayname,
    email: row.email,
    enabled: row.enabled,
    created_at: formatTime(row.created),
    last_login_at: row.last_login === 0 ? null : formatTime(row.last_login),
  };
}
