import { settingsTable } from "../../client/tables.ts";
import type { Connection } from "../connection.ts";
import { attempt } from "../failures.ts";
import { ProviderError } from "../plugin/diagnostics.ts";
import { resourcesOf } from "../plugin/resource.ts";
import { schema, string } from "../plugin/schema.ts";

const settingSchema = schema({
  version: 0,
  description:
    "A setting of the whole system. It is there before Terraform and after it: destroying the resource gives it its " +
    "default value back.",
  attributes: {
    id: string({ computed: true, description: "The setting's name." }),
    name: string({
      required: true,
      replace: true,
      description: "Name of the setting, such as `session_expiration`.",
      validate: (name) => (name === "" ? "The value must not be empty." : null),
    }),
    value: string({ required: true, description: "Its value." }),
    default_value: string({
      computed: true,
      nullable: true,
      description: "What it is without anybody's doing.",
    }),
    description: string({ computed: true, nullable: true, description: "What the setting is for." }),
  },
});

const resource = resourcesOf<Connection>();

/** Resource `keyward_setting`. */
export const setting = resource({
  typeName: "keyward_setting",
  schema: settingSchema,
  identity: "name",

  async read({ state, client: { client }, signal }) {
    const row = await attempt("read the setting", () => client.getRow(settingsTable, state.id, signal));
    return row === undefined ? null : toState(row);
  },

  async create({ plan, client: { client }, signal }) {
    const row = await attempt("read the setting", () => client.getRow(settingsTable, plan.name, signal));
    if (row === undefined) {
      throw new ProviderError(`The server has no setting ${JSON.stringify(plan.name)}`, {
        attribute: "name",
        detail: "Settings are the server's own; check the name.",
      });
    }
    const { name: key, value } = plan;
    await attempt("change the setting", () => client.updateRow(settingsTable, key, { key, value }, signal));
    return { ...toState(row), value };
  },

  async update({ prior, plan, client: { client }, signal }) {
    const { name: key, value } = plan;
    await attempt("change the setting", () => client.updateRow(settingsTable, key, { key, value }, signal));
    return { ...prior, value };
  },

  async delete({ state, client: { client }, signal }) {
    const { id: key, default_value: value } = state;
    if (value !== null) {
      await attempt("reset the setting", () => client.updateRow(settingsTable, key, { key, value }, signal));
    }
  },

  async import({ id, client: { client }, signal }) {
    const row = await attempt("import the setting", () => client.getRow(settingsTable, id, signal));
    return row === undefined ? null : toState(row);
  },
});

function toState(row: {
  readonly key: string;
  readonly value: string;
  readonly default_value: string;
  readonly description: string;
}) {
  const { key, value, default_value, description } = row;
  return { id: key, name: key, value, default_value, description };
}
