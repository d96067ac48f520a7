import type { Connection } from "../connection.ts";
import { attempt } from "../failures.ts";
import { dataSourcesOf } from "../plugin/data-source.ts";
import { schema, string } from "../plugin/schema.ts";

const dataSource = dataSourcesOf<Connection>();

/** Data source `keyward_system`: the server itself. */
export const systemData = dataSource({
  typeName: "keyward_system",
  schema: schema({
    version: 0,
    description: "The server that the provider works with.",
    attributes: {
      name: string({ computed: true, nullable: true, description: "Name of the system." }),
      version: string({
        computed: true,
        nullable: true,
        description: "The VergeOS version whose API it speaks.",
      }),
    },
  }),

  async read({ client: { client }, signal }) {
    const row = await attempt("read the system", () => client.getSystem(signal));
    return { name: row?.cloud_name ?? null, version: row?.yb_version ?? null };
  },
});
