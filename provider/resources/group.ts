import type { z } from "zod";
import { groupsTable } from "../../client/tables.ts";
import { newGroup } from "../../contract/groups.ts";
import { formatTime } from "../../contract/time.ts";
import type { Connection } from "../connection.ts";
import { completed } from "../created.ts";
import { attempt } from "../failures.ts";
import { resourcesOf } from "../plugin/resource.ts";
import { bool, schema, string } from "../plugin/schema.ts";
import type { State } from "../plugin/views.ts";
import { checkWith } from "../problem.ts";

const groupSchema = schema({
  version: 0,
  description: "A group of users and of other groups: what is granted to it is granted to everybody in it.",
  attributes: {
    id: string({ computed: true, description: "The group's number on the server." }),
    identity: string({
      computed: true,
      nullable: true,
      description: "What `keyward_permission` grants rights to.",
    }),
    name: string({
      required: true,
      description: "Name of the group, unique, at most 128 characters.",
      validate: checkWith(newGroup.shape.name),
    }),
    description: string({
      optional: true,
      default: "",
      description: "What the group is for.",
      validate: checkWith(newGroup.shape.description),
    }),
    email: string({
      optional: true,
      default: "",
      description: "E-mail address. The server keeps it in lower case.",
      validate: checkWith(newGroup.shape.email),
      sameMeaning: (left, right) => left.toLowerCase() === right.toLowerCase(),
    }),
    enabled: bool({
      optional: true,
      default: true,
      description: "Whether the group gives its rights to its members.",
    }),
    created_at: string({
      computed: true,
      nullable: true,
      description: "When the group was made (RFC 3339).",
    }),
  },
});

type GroupState = State<typeof groupSchema>;

const resource = resourcesOf<Connection>();

/** Resource `keyward_group`. */
export const group = resource({
  typeName: "keyward_group",
  schema: groupSchema,
  identity: "id",

  async read({ state, client: { client }, signal }) {
    const row = await attempt("read the group", () => client.getRow(groupsTable, state.id, signal));
    return row === undefined ? null : toState(row, state);
  },

  async create({ plan, client: { client }, signal }) {
    const { name, description, email, enabled } = plan;
    const body = { name, description, email, enabled };
    const id = await attempt("create the group", () => client.createRow(groupsTable, body, { signal }));
    const state: GroupState = { ...plan, id, identity: null, created_at: null };
    const readRow = () => attempt("read the new group", () => client.getRow(groupsTable, id, signal));
    return completed(state, readRow, (row) => toState(row, state));
  },

  async update({ prior, plan, client: { client }, signal }) {
    const { name, description, email, enabled } = plan;
    const given = { name, description, email, enabled };
    const before = new Map<string, unknown>(Object.entries(prior));
    const change = Object.fromEntries(
      Object.entries(given).filter(([field, value]) => value !== before.get(field)),
    );
    await attempt("update the group", () => client.updateRow(groupsTable, prior.id, change, signal));
    return { ...plan, id: prior.id, identity: prior.identity, created_at: prior.created_at };
  },

  async delete({ state, client: { client }, signal }) {
    await attempt("delete the group", () => client.deleteRow(groupsTable, state.id, signal));
  },

  async import({ id, client: { client }, signal }) {
    const row = await attempt("import the group", () => client.getRow(groupsTable, id, signal));
    return row === undefined ? null : toState(row, undefined);
  },
});

function toState(row: z.output<typeof groupsTable.row>, state: GroupState | undefined): GroupState {
  return {
    id: String(row.$key),
    identity: row.identity,
    name: row.name,
    description: row.description,
    email: state !== undefined && state.email.toLowerCase() === row.email ? state.email : row.email,
    enabled: row.enabled,
    created_at: formatTime(row.created),
  };
}
