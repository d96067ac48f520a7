/** The calls of the protocol that concern one ephemeral resource. */

import { finder } from "./data-source-service.ts";
import { hasError } from "./diagnostics.ts";
import type { EphemeralResource, Lease } from "./ephemeral.ts";
import { protocol } from "./messages.ts";
import { PrivateState } from "./private-state.ts";
import { type Rpc, type RpcSurroundings, rpc } from "./rpc.ts";
import type { Session } from "./session.ts";
import { validateAttributes } from "./validation.ts";
import { decodeObject, encodeObject, nullObject } from "./values.ts";

/** The calls on ephemeral resources. */
export function ephemeralCalls(
  ephemeralResources: readonly EphemeralResource<unknown>[],
  surroundings: RpcSurroundings,
  session: Session,
): Rpc[] {
  const find = finder(ephemeralResources, "ephemeral resource");
  return [
    rpc(
      surroundings,
      "ValidateEphemeralResourceConfig",
      protocol.ValidateEphemeralResourceConfig,
      (request, { diagnostics, error, warn }) => {
        const resource = find(request.typeName);
        const { attributes } = resource.schema;
        const config = decodeObject(attributes, request.config) ?? nullObject(attributes);
        diagnostics.push(...validateAttributes(attributes, config, { writeOnly: false }));
        if (!hasError(diagnostics)) {
          resource.validate?.({ config, error, warn });
        }
        return {};
      },
    ),
    rpc(surroundings, "OpenEphemeralResource", protocol.OpenEphemeralResource, async (request, { warn }) => {
      const resource = find(request.typeName);
      const { attributes } = resource.schema;
      const config = decodeObject(attributes, request.config) ?? nullObject(attributes);
      const { client, signal } = session;
      const opened = await resource.open({ client, signal, warn, config });
      return { ...leaseOf(opened), result: encodeObject(attributes, opened.result) };
    }),
    rpc(
      surroundings,
      "RenewEphemeralResource",
      protocol.RenewEphemeralResource,
      async ({ typeName, privateBytes }, { warn }) => {
        const { client, signal } = session;
        const privateState = new PrivateState(privateBytes).read();
        const renewed = await find(typeName).renew?.({ client, signal, warn, privateState });
        return renewed === undefined ? { privateBytes } : leaseOf(renewed);
      },
    ),
    rpc(
      surroundings,
      "CloseEphemeralResource",
      protocol.CloseEphemeralResource,
      async ({ typeName, privateBytes }, { warn }) => {
        const { client, signal } = session;
        const privateState = new PrivateState(privateBytes).read();
        await find(typeName).close?.({ client, signal, warn, privateState });
        return {};
      },
    ),
  ];
}

function leaseOf({ privateState = null, renewAt }: Lease) {
  const state = new PrivateState();
  state.write(privateState);
  const lease = { privateBytes: state.bytes };
  return renewAt === undefined ? lease : { ...lease, renewAt: { seconds: renewAt } };
}
