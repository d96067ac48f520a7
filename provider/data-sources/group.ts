import { groupsTable } from "../../client/tables.ts";
import type { Connection } from "../connection.ts";
import { attempt } from "../failures.ts";
import { dataSourcesOf } from "../plugin/data-source.ts";
import { ProviderError } from "../plugin/diagnostics.ts";
import { bool, schema, string } from "../plugin/schema.ts";
import { filterOf, textLiteral } from "./filter.ts";

const dataSource = dataSourcesOf<Connection>();

/** Data source `keyward_group`: one group, by its name. */
export const groupData = dataSource({
  typeName: "keyward_group",
  schema: schema({
    version: 0,
    description: "A group that is there already, such as `Administrators (default)`.",
    attributes: {
      name: string({ required: true, description: "Name of the group." }),
      id: string({ computed: true, description: "The group's number on the server." }),
      identity: string({ computed: true, description: "What `keyward_permission` grants rights to." }),
      description: string({ computed: true, description: "What the group is for." }),
      enabled: bool({ computed: true, description: "Whether the group gives its rights to its members." }),
    },
  }),

  async read({ config: { name }, client: { client }, signal }) {
    const filter = filterOf([`name eq ${textLiteral(name)}`]);
    const rows = await attempt("read the group", () => client.listRows(groupsTable, { ...filter, signal }));
    const row = rows.find((candidate) => candidate.name === name);
    if (row === undefined) {
      throw new ProviderError(`There is no group ${JSON.stringify(name)}`, {
        attribute: "name",
        detail: "Check the name, and that the provider's credentials may see the group.",
      });
    }
    const { identity, description, enabled } = row;
    return { name, id: String(row.$key), identity, description, enabled };
  },
});
