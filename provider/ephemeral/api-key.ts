import { randomUUID } from "node:crypto";
import { z } from "zod";
import { formatTime } from "../../contract/time.ts";
import { apiKeyName } from "../../contract/user-api-keys.ts";
import type { Connection } from "../connection.ts";
import { checkDuration, durationSeconds } from "../duration.ts";
import { attempt } from "../failures.ts";
import { ephemeralResourcesOf } from "../plugin/ephemeral.ts";
import { schema, set, string } from "../plugin/schema.ts";
import { checkWith } from "../problem.ts";
import { checkAddressEntry, toWire } from "../resources/address-set.ts";
import { checkId } from "../resources/id.ts";

const ephemeral = ephemeralResourcesOf<Connection>();

const privateState = z.object({ id: z.string(), lifetime: z.number() });

/** Ephemeral resource `keyward_api_key`: a key for this run alone. */
export const apiKeyEphemeral = ephemeral({
  typeName: "keyward_api_key",
  schema: schema({
    version: 0,
    description:
      "An API key for this run alone: made when it is needed, given more time while it is, and revoked at the end. It never " +
      "touches a declared key, and nothing of it is stored.",
    attributes: {
      user: string({
        required: true,
        description: "The `id` of the user that the key belongs to.",
        validate: checkId,
      }),
      name: string({
        optional: true,
        description: "Start of the key's name; something random follows.",
        validate: checkWith(apiKeyName),
      }),
      lifetime: string({
        optional: true,
        description:
          "How long the key lives if the run ends without revoking it, such as `15m`. An hour when left out.",
        validate: (text) =>
          checkDuration(text) ??
          (durationSeconds(text) >= 60 ? null : "The lifetime must be a minute at least."),
      }),
      ip_allow_list: set(string, {
        optional: true,
        description: "Addresses and CIDR blocks that the key may be used from.",
        validateElement: checkAddressEntry,
      }),
      id: string({ computed: true, description: "The key's number on the server." }),
      secret: string({
        computed: true,
        sensitive: true,
        description: "The secret to present as a Bearer token.",
      }),
      expires_at: string({
        computed: true,
        description: "When the key ends unless it is renewed (RFC 3339).",
      }),
    },
  }),

  async open({ config, client: { client, apiKeys }, signal }) {
    const lifetime = durationSeconds(config.lifetime ?? "1h");
    const expires = nowSeconds() + lifetime;
    const name = `${(config.name ?? "terraform").slice(0, 128 - 37)}-${randomUUID()}`;
    const body = { user: config.user, name, expires, ip_allow_list: toWire(config.ip_allow_list) };
    const issued = await attempt("create the API key", () => client.createApiKey(body, { signal }));
    apiKeys.forget();
    return {
      result: { ...config, id: issued.key, secret: issued.secret, expires_at: formatTime(expires) },
      privateState: { id: issued.key, lifetime },
      renewAt: nowSeconds() + Math.floor(lifetime / 2),
    };
  },

  async renew({ client: { client }, signal, privateState: kept }) {
    const { id, lifetime } = privateState.parse(kept);
    const expires = nowSeconds() + lifetime;
    await attempt("renew the API key", () => client.updateApiKey(id, { expires }, signal));
    return { privateState: { id, lifetime }, renewAt: nowSeconds() + Math.floor(lifetime / 2) };
  },

  async close({ client: { client, apiKeys }, privateState: kept }) {
    const { id } = privateState.parse(kept);
    // Without the signal: a run that is stopped revokes its key all the same.
    await attempt("revoke the API key", () => client.deleteApiKey(id));
    apiKeys.forget();
  },
});

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
