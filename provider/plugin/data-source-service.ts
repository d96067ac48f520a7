/** The calls of the protocol that concern one data source. */

import type { DataSource } from "./data-source.ts";
import { hasError, ProviderError } from "./diagnostics.ts";
import { protocol } from "./messages.ts";
import { type Rpc, type RpcSurroundings, rpc } from "./rpc.ts";
import type { Session } from "./session.ts";
import { validateAttributes } from "./validation.ts";
import { decodeObject, encodeObject, nullObject } from "./values.ts";

/** The calls on data sources. */
export function dataSourceCalls(
  dataSources: readonly DataSource<unknown>[],
  surroundings: RpcSurroundings,
  session: Session,
): Rpc[] {
  const find = finder(dataSources, "data source");
  return [
    rpc(
      surroundings,
      "ValidateDataResourceConfig",
      protocol.ValidateDataResourceConfig,
      (request, { diagnostics, error, warn }) => {
        const source = find(request.typeName);
        const { attributes } = source.schema;
        const config = decodeObject(attributes, request.config) ?? nullObject(attributes);
        diagnostics.push(...validateAttributes(attributes, config, { writeOnly: false }));
        if (!hasError(diagnostics)) {
          source.validate?.({ config, error, warn });
        }
        return {};
      },
    ),
    rpc(surroundings, "ReadDataSource", protocol.ReadDataSource, async (request, { warn }) => {
      const source = find(request.typeName);
      const { attributes } = source.schema;
      const config = decodeObject(attributes, request.config) ?? nullObject(attributes);
      const { client, signal } = session;
      const state = await source.read({ client, signal, warn, config });
      // Core refuses an answer that says otherwise than the configuration, so what was asked is repeated as it was.
      const asked = Object.entries(config).filter(([, value]) => value !== null);
      return { state: encodeObject(attributes, { ...state, ...Object.fromEntries(asked) }) };
    }),
  ];
}

/** Finds one by its type, or says which there are. */
export function finder<T extends { readonly typeName: string }>(
  all: readonly T[],
  noun: string,
): (typeName: string) => T {
  const byType = new Map(all.map((one) => [one.typeName, one]));
  return (typeName) => {
    const found = byType.get(typeName);
    if (found === undefined) {
      throw new ProviderError(`This provider has no ${noun} ${typeName}`, {
        detail: `It has ${[...byType.keys()].join(", ") || "none"}.`,
      });
    }
    return found;
  };
}
