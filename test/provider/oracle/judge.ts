import { type IdentityData, protocol } from "../../../provider/plugin/messages.ts";
import type { Provider } from "../../../provider/plugin/resource.ts";
import type { Rpc } from "../../../provider/plugin/rpc.ts";
import type { Attributes } from "../../../provider/plugin/schema.ts";
import { decodeObject } from "../../../provider/plugin/values.ts";
import { planFaults, replacementFaults, resultFaults, stateFaults } from "./oracle.ts";

/** Core says this of an answer that breaks its rules, and blames the provider by name. */
class ProviderBug extends Error {}

/**
 * The same calls, each answer of which is judged as core judges it: a plan, a result or a stored object that breaks a rule
 * fails the call with a ProviderBug. Answers with errors have no plan; what they store is judged all the same.
 */
export function judgedCalls(provider: Provider, calls: readonly Rpc[]): Rpc[] {
  const attributesOf = (typeName: string): Attributes | undefined =>
    provider.resources.find((one) => one.typeName === typeName)?.schema.attributes;
  return calls.map(({ name, call }) => ({
    name,
    async call(request) {
      const answer = await call(request);
      const faults = judge(name, attributesOf, request, answer);
      if (faults.length > 0) {
        throw new ProviderBug(`${name} produced what core refuses: ${faults.join("; ")}`);
      }
      return answer;
    },
  }));
}

function judge(
  name: string,
  attributesOf: (typeName: string) => Attributes | undefined,
  requestBytes: Uint8Array,
  answerBytes: Uint8Array,
): string[] {
  const faultsOf = faultsOfCall[name];
  return faultsOf === undefined ? [] : faultsOf(attributesOf, requestBytes, answerBytes);
}

type FaultsOfCall = (
  attributesOf: (typeName: string) => Attributes | undefined,
  request: Uint8Array,
  answer: Uint8Array,
) => string[];

const faultsOfCall: Readonly<Record<string, FaultsOfCall>> = {
  PlanResourceChange(attributesOf, requestBytes, answerBytes) {
    const request = protocol.PlanResourceChange.request.decode(requestBytes);
    const answer = protocol.PlanResourceChange.response.decode(answerBytes);
    const attributes = attributesOf(request.typeName);
    if (attributes === undefined || hasErrors(answer)) {
      return [];
    }
    const prior = decodeObject(attributes, request.priorState);
    const planned = decodeObject(attributes, answer.plannedState);
    const isDestroyed = decodeObject(attributes, request.proposedNewState) === null;
    const config = isDestroyed ? null : decodeObject(attributes, request.config);
    return [
      ...planFaults(attributes, prior, config, planned),
      ...replacementFaults(prior, planned, answer.requiresReplace),
      ...identityFaults(request.priorIdentity, answer.plannedIdentity),
    ];
  },
  ApplyResourceChange(attributesOf, requestBytes, answerBytes) {
    const request = protocol.ApplyResourceChange.request.decode(requestBytes);
    const answer = protocol.ApplyResourceChange.response.decode(answerBytes);
    const attributes = attributesOf(request.typeName);
    if (attributes === undefined) {
      return [];
    }
    const state = decodeObject(attributes, answer.newState);
    return hasErrors(answer)
      ? stateFaults(attributes, state)
      : resultFaults(attributes, decodeObject(attributes, request.plannedState), state);
  },
  ReadResource(attributesOf, requestBytes, answerBytes) {
    const { typeName, currentIdentity } = protocol.ReadResource.request.decode(requestBytes);
    const attributes = attributesOf(typeName) ?? {};
    const { newState, newIdentity } = protocol.ReadResource.response.decode(answerBytes);
    return [
      ...stateFaults(attributes, decodeObject(attributes, newState)),
      ...identityFaults(currentIdentity, newIdentity),
    ];
  },
  UpgradeResourceState(attributesOf, requestBytes, answerBytes) {
    const { typeName } = protocol.UpgradeResourceState.request.decode(requestBytes);
    const attributes = attributesOf(typeName) ?? {};
    const { upgradedState } = protocol.UpgradeResourceState.response.decode(answerBytes);
    return stateFaults(attributes, decodeObject(attributes, upgradedState));
  },
  MoveResourceState(attributesOf, requestBytes, answerBytes) {
    const { targetTypeName } = protocol.MoveResourceState.request.decode(requestBytes);
    const attributes = attributesOf(targetTypeName) ?? {};
    const { targetState } = protocol.MoveResourceState.response.decode(answerBytes);
    return stateFaults(attributes, decodeObject(attributes, targetState));
  },
  ImportResourceState(attributesOf, _, answerBytes) {
    const { importedResources } = protocol.ImportResourceState.response.decode(answerBytes);
    return importedResources.flatMap(({ typeName, state }) => {
      const attributes = attributesOf(typeName) ?? {};
      return stateFaults(attributes, decodeObject(attributes, state));
    });
  },
};

/** An identity stays what it is for as long as the object lives. */
function identityFaults(before: IdentityData | undefined, after: IdentityData | undefined): string[] {
  const textOf = (identity: IdentityData) =>
    Buffer.from(identity.identityData?.msgpack ?? []).toString("hex");
  return before === undefined || after === undefined || textOf(before) === textOf(after)
    ? []
    : ["the identity is another one"];
}

function hasErrors(answer: { readonly diagnostics: readonly { readonly severity: string }[] }): boolean {
  return answer.diagnostics.some(({ severity }) => severity === "ERROR");
}
