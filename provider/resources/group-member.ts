import { membersTable } from "../../client/tables.ts";
import type { Connection } from "../connection.ts";
import { attempt } from "../failures.ts";
import { ProviderError } from "../plugin/diagnostics.ts";
import { resourcesOf } from "../plugin/resource.ts";
import { schema, string } from "../plugin/schema.ts";
import { isUnknown } from "../plugin/unknown.ts";
import { checkId } from "./id.ts";

const memberSchema = schema({
  version: 0,
  description: "A user's, or another group's, place in a group.",
  attributes: {
    id: string({ computed: true, description: "The membership's number on the server." }),
    group: string({
      required: true,
      replace: true,
      description: "The `id` of the group.",
      validate: checkId,
    }),
    user: string({
      optional: true,
      replace: true,
      description: "The `id` of the user that is in the group; in place of `member_group`.",
      validate: checkId,
    }),
    member_group: string({
      optional: true,
      replace: true,
      description: "The `id` of the group that is in the group; in place of `user`.",
      validate: checkId,
    }),
  },
});

const resource = resourcesOf<Connection>();

/** Resource `keyward_group_member`. */
export const groupMember = resource({
  typeName: "keyward_group_member",
  schema: memberSchema,
  identity: "id",

  validate({ config, error }) {
    const { user, member_group: group } = config;
    if (!isUnknown(user) && !isUnknown(group) && (user === null) === (group === null)) {
      error(user === null ? "The member is missing" : "Two members in one membership", {
        attribute: "user",
        detail: "Give user or member_group, the one of the two that is in the group.",
      });
    }
  },

  async read({ state, client: { client }, signal }) {
    const row = await attempt("read the membership", () => client.getRow(membersTable, state.id, signal));
    return row === undefined ? null : toState(row);
  },

  async create({ plan, client: { client }, signal }) {
    const member = plan.user === null ? `/v4/groups/${plan.member_group}` : `/v4/users/${plan.user}`;
    const body = { parent_group: plan.group, member };
    const create = () => client.createRow(membersTable, body, { signal });
    return {
      ...plan,
      id: await attempt("create the membership", create, { parent_group: "group", member: "user" }),
    };
  },

  async delete({ state, client: { client }, signal }) {
    await attempt("delete the membership", () => client.deleteRow(membersTable, state.id, signal));
  },

  async import({ id, client: { client }, signal }) {
    const row = await attempt("import the membership", () => client.getRow(membersTable, id, signal));
    return row === undefined ? null : toState(row);
  },
});

function toState(row: { readonly $key: number; readonly parent_group: number; readonly member: string }) {
  const [, table, key = ""] = /(users|groups)\/(\d+)$/.exec(row.member) ?? [];
  if (table === undefined) {
    throw new ProviderError("The server named a member that is neither a user nor a group");
  }
  return {
    id: String(row.$key),
    group: String(row.parent_group),
    user: table === "users" ? key : null,
    member_group: table === "groups" ? key : null,
  };
}
