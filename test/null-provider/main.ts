import { randomInt } from "node:crypto";
import { defineProvider, resourcesOf } from "../../provider/plugin/resource.ts";
import { map, schema, string } from "../../provider/plugin/schema.ts";
import { serve } from "../../provider/plugin/serve.ts";

/**
 * A stand-in for hashicorp/null where no registry can be reached: the schema and the life of `null_resource`, which holds its
 * triggers and is replaced when they change. What its provisioners do is Terraform's own work.
 */
const nullResource = resourcesOf<null>()({
  typeName: "null_resource",
  schema: schema({
    version: 0,
    description: "A resource that is nothing, for its triggers and provisioners.",
    attributes: {
      id: string({ computed: true, description: "A number that is drawn." }),
      triggers: map(string, { optional: true, replace: true, description: "A change makes a new one." }),
    },
  }),
  async read({ state }) {
    return state;
  },
  async create({ plan }) {
    return { ...plan, id: String(randomInt(2 ** 47)) };
  },
  async delete() {},
});

serve({
  name: "null",
  sourceAddress: "registry.terraform.io/hashicorp/null",
  load: async () =>
    defineProvider({
      schema: schema({ version: 0, description: "A stand-in for hashicorp/null.", attributes: {} }),
      configure: () => null,
      resources: [nullResource],
    }),
});
