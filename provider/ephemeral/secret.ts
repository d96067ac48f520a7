import { createSecret, secretIdOf } from "../../contract/secret.ts";
import type { Connection } from "../connection.ts";
import { ephemeralResourcesOf } from "../plugin/ephemeral.ts";
import { schema, string } from "../plugin/schema.ts";

const ephemeral = ephemeralResourcesOf<Connection>();

/** Ephemeral resource `keyward_secret`: a secret for `secret_wo`, drawn on this machine. */
export const secretEphemeral = ephemeral({
  typeName: "keyward_secret",
  schema: schema({
    version: 0,
    description:
      "A well-formed secret, drawn anew at each run on this machine. Give it to `secret_wo` of a `keyward_api_key` and to a " +
      "secret store, which both take it when their version changes; the state has nothing of it.",
    attributes: {
      secret: string({
        computed: true,
        sensitive: true,
        description: "The secret: 256 random bits in Keyward's form.",
      }),
      secret_id: string({
        computed: true,
        description: "Its public part, by which a key can be told in logs.",
      }),
    },
  }),

  async open() {
    const secret = createSecret();
    return { result: { secret, secret_id: secretIdOf(secret) ?? "" } };
  },
});
