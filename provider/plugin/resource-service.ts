/** The calls of the protocol that concern one resource: wire in, engine, wire out. */

import { applyChange } from "./apply.ts";
import { finder } from "./data-source-service.ts";
import { hasError, ProviderError } from "./diagnostics.ts";
import { toAttributePath } from "./diagnostics-wire.ts";
import { identityOf, importIdOf, upgradeIdentity } from "./identity.ts";
import { protocol } from "./messages.ts";
import { moveState } from "./move.ts";
import { planChange } from "./plan.ts";
import { PrivateState } from "./private-state.ts";
import type { HookContext, Provider, Resource } from "./resource.ts";
import { type CallContext, type Rpc, type RpcSurroundings, rpc } from "./rpc.ts";
import type { Session } from "./session.ts";
import { keepSpelling, withoutWriteOnly } from "./settling.ts";
import { upgradeState } from "./upgrade.ts";
import { validateAttributes } from "./validation.ts";
import { decodeObject, encodeObject, nullObject } from "./values.ts";

/** What every resource call needs: a resource by its type, and the context of its hooks. */
interface Resources {
  find(typeName: string): Resource<unknown>;
  hook(context: CallContext): HookContext<unknown>;
}

/** The calls on managed resources. */
export function resourceCalls(provider: Provider, surroundings: RpcSurroundings, session: Session): Rpc[] {
  const resources: Resources = {
    find: finder(provider.resources, "resource"),
    hook: ({ warn }) => ({ client: session.client, signal: session.signal, warn }),
  };
  return [
    validateCall(resources, surroundings),
    upgradeCall(resources, surroundings),
    readCall(resources, surroundings),
    planCall(resources, surroundings),
    applyCall(resources, surroundings),
    importCall(resources, surroundings),
    moveCall(provider, resources, surroundings),
    upgradeIdentityCall(resources, surroundings),
  ];
}

function validateCall(resources: Resources, surroundings: RpcSurroundings): Rpc {
  return rpc(
    surroundings,
    "ValidateResourceConfig",
    protocol.ValidateResourceConfig,
    (request, { diagnostics, error, warn }) => {
      const resource = resources.find(request.typeName);
      const { attributes } = resource.schema;
      const config = decodeObject(attributes, request.config) ?? nullObject(attributes);
      const writeOnly = request.clientCapabilities?.writeOnlyAttributesAllowed ?? false;
      diagnostics.push(...validateAttributes(attributes, config, { writeOnly }));
      if (!hasError(diagnostics)) {
        resource.validate?.({ config, error, warn });
      }
      return {};
    },
  );
}

function upgradeCall(resources: Resources, surroundings: RpcSurroundings): Rpc {
  return rpc(
    surroundings,
    "UpgradeResourceState",
    protocol.UpgradeResourceState,
    ({ typeName, version, rawState }) => {
      const resource = resources.find(typeName);
      const json = rawState?.json ?? new Uint8Array();
      const state = json.length === 0 ? null : upgradeState(resource, Number(version), json);
      return { upgradedState: encodeObject(resource.schema.attributes, state) };
    },
  );
}

function readCall(resources: Resources, surroundings: RpcSurroundings): Rpc {
  return rpc(surroundings, "ReadResource", protocol.ReadResource, async (request, context) => {
    const resource = resources.find(request.typeName);
    const { attributes } = resource.schema;
    const state = decodeObject(attributes, request.currentState);
    const privateState = new PrivateState(request.privateBytes);
    const found =
      state === null ? null : await resource.read({ ...resources.hook(context), state, privateState });
    const current =
      found === null || state === null
        ? null
        : withoutWriteOnly(attributes, keepSpelling(attributes, state, found));
    return {
      newState: encodeObject(attributes, current),
      privateBytes: privateState.bytes,
      newIdentity: identityOf(resource, current),
    };
  });
}

function planCall(resources: Resources, surroundings: RpcSurroundings): Rpc {
  return rpc(surroundings, "PlanResourceChange", protocol.PlanResourceChange, async (request, context) => {
    const resource = resources.find(request.typeName);
    const { attributes } = resource.schema;
    const privateState = new PrivateState(request.priorPrivate);
    // What tells a destruction is the proposed state, whatever the configuration says.
    const destroys = decodeObject(attributes, request.proposedNewState) === null;
    const prior = decodeObject(attributes, request.priorState);
    const { planned, replacements } = await planChange(resource, {
      config: destroys ? null : decodeObject(attributes, request.config),
      prior,
      privateState,
      hook: resources.hook(context),
    });
    return {
      plannedState: encodeObject(attributes, planned),
      requiresReplace: replacements.map(toAttributePath),
      plannedPrivate: privateState.bytes,
      // It stays what it is; of a new object there is none before it is made.
      plannedIdentity: identityOf(resource, prior),
    };
  });
}

function applyCall(resources: Resources, surroundings: RpcSurroundings): Rpc {
  return rpc(surroundings, "ApplyResourceChange", protocol.ApplyResourceChange, async (request, context) => {
    const resource = resources.find(request.typeName);
    const { attributes } = resource.schema;
    const privateState = new PrivateState(request.plannedPrivate);
    const { state, errors } = await applyChange(resource, {
      prior: decodeObject(attributes, request.priorState),
      planned: decodeObject(attributes, request.plannedState),
      config: decodeObject(attributes, request.config),
      privateState,
      hook: resources.hook(context),
    });
    context.diagnostics.push(...errors.flatMap((error) => error.diagnostics));
    return {
      newState: encodeObject(attributes, state),
      privateBytes: privateState.bytes,
      newIdentity: identityOf(resource, state),
    };
  });
}

function importCall(resources: Resources, surroundings: RpcSurroundings): Rpc {
  return rpc(
    surroundings,
    "ImportResourceState",
    protocol.ImportResourceState,
    async ({ typeName, ...given }, context) => {
      const resource = resources.find(typeName);
      if (resource.import === undefined) {
        throw new ProviderError(`${typeName} cannot be imported`);
      }
      const id = importIdOf(resource, given);
      const privateState = new PrivateState();
      const state = await resource.import({ ...resources.hook(context), id, privateState });
      if (state === null) {
        throw new ProviderError(`There is no ${typeName} with the id ${JSON.stringify(id)}`, {
          detail: "Check the id, and that the provider's credentials may see the object.",
        });
      }
      const { attributes } = resource.schema;
      return {
        importedResources: [
          {
            typeName,
            state: encodeObject(attributes, withoutWriteOnly(attributes, state)),
            privateBytes: privateState.bytes,
            identity: identityOf(resource, state),
          },
        ],
      };
    },
  );
}

function moveCall(provider: Provider, resources: Resources, surroundings: RpcSurroundings): Rpc {
  return rpc(surroundings, "MoveResourceState", protocol.MoveResourceState, (request) => {
    const resource = resources.find(request.targetTypeName);
    const { attributes } = resource.schema;
    const state = moveState(provider, resource, {
      providerAddress: request.sourceProviderAddress,
      typeName: request.sourceTypeName,
      schemaVersion: Number(request.sourceSchemaVersion),
      json: request.sourceState?.json ?? new Uint8Array(),
    });
    return {
      targetState: encodeObject(attributes, state),
      targetPrivate: request.sourcePrivate,
      targetIdentity: identityOf(resource, state),
    };
  });
}

function upgradeIdentityCall(resources: Resources, surroundings: RpcSurroundings): Rpc {
  return rpc(
    surroundings,
    "UpgradeResourceIdentity",
    protocol.UpgradeResourceIdentity,
    ({ typeName, version, rawIdentity }) => {
      const json = rawIdentity?.json ?? new Uint8Array();
      const stored = { version: Number(version), json };
      return {
        upgradedIdentity: json.length === 0 ? undefined : upgradeIdentity(resources.find(typeName), stored),
      };
    },
  );
}
