import { secretIdOf } from "../../contract/secret.ts";
import { defineFunction } from "../plugin/function.ts";
import { bool, string } from "../plugin/schema.ts";

/** Function `parse_secret`. */
export const parseSecret = defineFunction({
  name: "parse_secret",
  summary: "Whether a text is a well-formed secret, and its public id",
  description:
    "Looks at the form and the check digits, without asking a server: a secret that passes may still be unknown, expired or " +
    "revoked. `id` is the part that may be logged; it is empty for a text that is no secret.",
  parameters: [{ name: "secret", shape: { kind: "string" }, description: "The text." }],
  returns: {
    kind: "object",
    attributes: {
      valid: bool({ required: true, description: "Whether the form and the check digits are right." }),
      id: string({ required: true, description: "The public id." }),
    },
  },
  call(secret) {
    const id = secretIdOf(secret);
    return { valid: id !== undefined, id: id ?? "" };
  },
});
