import type { z } from "zod";
import { permissionsTable } from "../../client/tables.ts";
import { newPermission, rights } from "../../contract/permissions.ts";
import type { Connection } from "../connection.ts";
import { attempt } from "../failures.ts";
import { resourcesOf } from "../plugin/resource.ts";
import { schema, set, string } from "../plugin/schema.ts";
import { checkWith } from "../problem.ts";
import { checkId } from "./id.ts";

const permissionSchema = schema({
  version: 0,
  description:
    "Rights granted to a user or a group, on everything, on a table, or on one row of it. Grants add up.",
  attributes: {
    id: string({ computed: true, description: "The permission's number on the server." }),
    identity: string({
      required: true,
      replace: true,
      description: "The `identity` of the user or group.",
      validate: checkId,
    }),
    table: string({
      required: true,
      replace: true,
      description: "Name of a table, such as `users` or `user_api_keys`, or `/` for everything.",
      validate: checkWith(newPermission.shape.table),
    }),
    row: string({
      optional: true,
      default: "0",
      replace: true,
      description: "The `id` of the one row that the rights are for; `0` for all of the table.",
      validate: (row) => (row === "0" ? null : checkId(row)),
    }),
    rights: set(string, {
      required: true,
      description: "What is granted: `list`, `read`, `create`, `modify`, `delete`.",
      validateElement: (right) =>
        rights.some((known) => known === right)
          ? null
          : `The value ${JSON.stringify(right)} is not a right; there are ${rights.join(", ")}.`,
    }),
  },
});

const resource = resourcesOf<Connection>();

/** Resource `keyward_permission`. */
export const permission = resource({
  typeName: "keyward_permission",
  schema: permissionSchema,
  identity: "id",

  async read({ state, client: { client }, signal }) {
    const row = await attempt("read the permission", () => client.getRow(permissionsTable, state.id, signal));
    return row === undefined ? null : toState(row);
  },

  async create({ plan, client: { client }, signal }) {
    const { identity, table, row } = plan;
    const body = { identity, table, row: row === "0" ? (0 as const) : row, ...flagsOf(plan.rights) };
    const create = () => client.createRow(permissionsTable, body, { signal });
    return { ...plan, id: await attempt("create the permission", create, attributeOfField) };
  },

  async update({ prior, plan, client: { client }, signal }) {
    const update = () => client.updateRow(permissionsTable, prior.id, flagsOf(plan.rights), signal);
    await attempt("update the permission", update, attributeOfField);
    return { ...plan, id: prior.id };
  },

  async delete({ state, client: { client }, signal }) {
    await attempt("delete the permission", () => client.deleteRow(permissionsTable, state.id, signal));
  },

  async import({ id, client: { client }, signal }) {
    const row = await attempt("import the permission", () => client.getRow(permissionsTable, id, signal));
    return row === undefined ? null : toState(row);
  },
});

const attributeOfField = Object.fromEntries(rights.map((right) => [right, "rights"]));

function flagsOf(granted: readonly string[]) {
  const has = (right: string) => granted.includes(right);
  return {
    list: has("list"),
    read: has("read"),
    create: has("create"),
    modify: has("modify"),
    delete: has("delete"),
  };
}

function toState(row: z.output<typeof permissionsTable.row>) {
  return {
    id: String(row.$key),
    identity: row.identity,
    table: row.table,
    row: String(row.row),
    rights: rights.filter((right) => row[right]),
  };
}
