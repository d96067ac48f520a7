/** The calls of the protocol that concern the provider as a whole, and the list of all calls. */

import { dataSourceCalls } from "./data-source-service.ts";
import { hasError } from "./diagnostics.ts";
import { ephemeralCalls } from "./ephemeral-service.ts";
import { functionCalls, functionMessages } from "./function-service.ts";
import { identitySchemas } from "./identity.ts";
import { protocol } from "./messages.ts";
import type { Provider } from "./resource.ts";
import { resourceCalls } from "./resource-service.ts";
import { type Rpc, type RpcSurroundings, rpc } from "./rpc.ts";
import type { Schema } from "./schema.ts";
import { toSchemaMessage } from "./schema-wire.ts";
import { Session } from "./session.ts";
import { validateAttributes } from "./validation.ts";
import { decodeObject, nullObject } from "./values.ts";

/** Core may plan the destruction of an object, and may keep our schema over several configurations. */
function capabilitiesOf(provider: Provider) {
  return {
    planDestroy: true,
    getProviderSchemaOptional: true,
    moveResourceState: provider.hasAddress !== undefined,
    generateResourceConfig: false,
  };
}

/** Every call that a provider answers; to others the server answers UNIMPLEMENTED. */
export function providerCalls(provider: Provider, surroundings: RpcSurroundings): Rpc[] {
  const session = new Session();
  return [
    ...descriptionCalls(provider, surroundings),
    ...configurationCalls(provider, surroundings, session),
    ...resourceCalls(provider, surroundings, session),
    ...dataSourceCalls(provider.dataSources ?? [], surroundings, session),
    ...ephemeralCalls(provider.ephemeralResources ?? [], surroundings, session),
    ...functionCalls(provider.functions ?? [], surroundings),
  ];
}

function descriptionCalls(provider: Provider, surroundings: RpcSurroundings): Rpc[] {
  const serverCapabilities = capabilitiesOf(provider);
  return [
    rpc(surroundings, "GetMetadata", protocol.GetMetadata, () => ({
      serverCapabilities,
      resources: typeNames(provider.resources),
      dataSources: typeNames(provider.dataSources),
      ephemeralResources: typeNames(provider.ephemeralResources),
      functions: (provider.functions ?? []).map(({ name }) => ({ name })),
    })),
    rpc(surroundings, "GetProviderSchema", protocol.GetProviderSchema, () => ({
      serverCapabilities,
      provider: toSchemaMessage(provider.schema),
      resourceSchemas: schemas(provider.resources),
      dataSourceSchemas: schemas(provider.dataSources),
      ephemeralResourceSchemas: schemas(provider.ephemeralResources),
      functions: functionMessages(provider.functions ?? []),
    })),
    rpc(surroundings, "GetResourceIdentitySchemas", protocol.GetResourceIdentitySchemas, () => ({
      identitySchemas: identitySchemas(provider.resources),
    })),
  ];
}

function typeNames(all: readonly { readonly typeName: string }[] = []) {
  return all.map(({ typeName }) => ({ typeName }));
}

function schemas(all: readonly { readonly typeName: string; readonly schema: Schema }[] = []) {
  return Object.fromEntries(all.map(({ typeName, schema }) => [typeName, toSchemaMessage(schema)]));
}

function configurationCalls(provider: Provider, surroundings: RpcSurroundings, session: Session): Rpc[] {
  const { attributes } = provider.schema;
  return [
    rpc(
      surroundings,
      "ValidateProviderConfig",
      protocol.ValidateProviderConfig,
      (request, { diagnostics, error, warn }) => {
        const config = decodeObject(attributes, request.config) ?? nullObject(attributes);
        diagnostics.push(...validateAttributes(attributes, config, { writeOnly: true }));
        if (!hasError(diagnostics)) {
          provider.validate?.({ config, error, warn });
        }
        return {};
      },
    ),
    rpc(
      surroundings,
      "ConfigureProvider",
      protocol.ConfigureProvider,
      async ({ config, terraformVersion }, { warn }) => {
        const client = await provider.configure({
          config: decodeObject(attributes, config) ?? nullObject(attributes),
          terraformVersion,
          signal: session.signal,
          warn,
        });
        session.configure(client);
        return {};
      },
    ),
    rpc(surroundings, "StopProvider", protocol.StopProvider, () => {
      session.stop();
      return {};
    }),
  ];
}
