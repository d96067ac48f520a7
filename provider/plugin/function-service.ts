/** The calls of the protocol that concern functions. */

import { isWhollyKnown } from "./equality.ts";
import { ArgumentError, type Parameter, type ProviderFunction } from "./function.ts";
import { type FunctionMessage, protocol } from "./messages.ts";
import { type Rpc, type RpcSurroundings, rpc } from "./rpc.ts";
import { typeJson } from "./schema-wire.ts";
import { decodeValue, encodeValue } from "./values.ts";

const encoder = new TextEncoder();

/** The calls on functions. */
export function functionCalls(functions: readonly ProviderFunction[], surroundings: RpcSurroundings): Rpc[] {
  return [
    rpc(surroundings, "GetFunctions", protocol.GetFunctions, () => ({
      functions: functionMessages(functions),
    })),
    rpc(surroundings, "CallFunction", protocol.CallFunction, (request) => {
      const found = functions.find(({ name }) => name === request.name);
      if (found === undefined) {
        return {
          error: { text: `This provider has no function ${request.name}.`, functionArgument: undefined },
        };
      }
      return callFunction(found, request.arguments);
    }),
  ];
}

/** The signatures, as core reads them. */
export function functionMessages(functions: readonly ProviderFunction[]): Record<string, FunctionMessage> {
  return Object.fromEntries(
    functions.map(({ name, summary, description, parameters, returns }) => [
      name,
      {
        parameters: parameters.map(toParameterMessage),
        variadicParameter: undefined,
        return: { type: encoder.encode(JSON.stringify(typeJson(returns))) },
        summary,
        description,
        descriptionKind: "MARKDOWN" as const,
        deprecationMessage: "",
      },
    ]),
  );
}

function toParameterMessage({ name, shape, description }: Parameter) {
  return {
    name,
    type: encoder.encode(JSON.stringify(typeJson(shape))),
    allowNullValue: false,
    allowUnknownValues: false,
    description,
    descriptionKind: "MARKDOWN" as const,
  };
}

function callFunction(found: ProviderFunction, given: Parameters<typeof decodeArguments>[1]) {
  try {
    const result = found.call(...decodeArguments(found, given));
    return { result: encodeValue(found.returns, result) };
  } catch (error) {
    if (error instanceof ArgumentError) {
      return { error: { text: error.message, functionArgument: error.argument } };
    }
    // Texts of other errors may quote what they choked on, and that may be a secret.
    return {
      error: { text: `${found.name} failed: this is a defect of the provider.`, functionArgument: undefined },
    };
  }
}

function decodeArguments(found: ProviderFunction, given: readonly Parameters<typeof decodeValue>[1][]) {
  return found.parameters.map(({ name, shape }, place) => {
    const value = decodeValue(shape, given[place]);
    if (value === null || !isWhollyKnown(value)) {
      throw new ArgumentError(place, `${name} must be given.`);
    }
    return value;
  });
}
