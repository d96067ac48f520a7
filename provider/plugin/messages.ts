/**
 * The messages of package tfplugin6 (protocol 6.9) that this framework serves, written from the protocol's field
 * numbers. What is not here is either never sent to us or never answered by us; unknown fields are passed over.
 */

import { message } from "./protobuf.ts";
import {
  enumeration,
  field,
  type MessageType,
  type MessageValue,
  mapOf,
  oneof,
  optional,
  repeated,
} from "./protobuf-declaration.ts";

const dynamicValue = message({ msgpack: field(1, "bytes"), json: field(2, "bytes") });
/** A value of a schema's type; MessagePack in every request, and in every answer of ours. */
export type DynamicValue = MessageValue<typeof dynamicValue>;

const attributePathStep = message({
  selector: oneof({
    attributeName: field(1, "string"),
    elementKeyString: field(2, "string"),
    elementKeyInt: field(3, "int64"),
  }),
});

const attributePath = message({ steps: repeated(1, attributePathStep) });
/** A place in a value; `diagnostics-wire.ts` makes it from a `Path`. */
export type AttributePath = MessageValue<typeof attributePath>;

const severity = enumeration({ INVALID: 0, ERROR: 1, WARNING: 2 });

const diagnosticMessage = message({
  severity: field(1, severity),
  summary: field(2, "string"),
  detail: field(3, "string"),
  attribute: field(4, attributePath),
});
/** One message to the user. */
export type DiagnosticMessage = MessageValue<typeof diagnosticMessage>;

const identityData = message({ identityData: field(1, dynamicValue) });
/** What tells an object from every other of its type. */
export type IdentityData = MessageValue<typeof identityData>;

const identityAttribute = message({
  name: field(1, "string"),
  type: field(2, "bytes"),
  requiredForImport: field(3, "bool"),
  optionalForImport: field(4, "bool"),
  description: field(5, "string"),
});

const identitySchema = message({
  version: field(1, "int64"),
  identityAttributes: repeated(2, identityAttribute),
});
/** What an identity consists of; `identity.ts` makes it from a resource. */
export type IdentitySchemaMessage = MessageValue<typeof identitySchema>;

const rawState = message({ json: field(1, "bytes"), flatmap: mapOf(2, "string") });

const stringKind = enumeration({ PLAIN: 0, MARKDOWN: 1 });
const objectNesting = enumeration({ INVALID: 0, SINGLE: 1, LIST: 2, SET: 3, MAP: 4 });

/** Written out because it contains itself: an attribute's nested object has attributes. */
export interface SchemaAttribute {
  readonly name: string;
  readonly type: Uint8Array;
  readonly description: string;
  readonly required: boolean;
  readonly optional: boolean;
  readonly computed: boolean;
  readonly sensitive: boolean;
  readonly descriptionKind: "PLAIN" | "MARKDOWN";
  readonly deprecated: boolean;
  readonly nestedType: SchemaObject | undefined;
  readonly writeOnly: boolean;
  readonly deprecationMessage: string;
}

/** A nested attribute's attributes, and how many objects of them there are. */
export interface SchemaObject {
  readonly attributes: readonly SchemaAttribute[];
  readonly nesting: "INVALID" | "SINGLE" | "LIST" | "SET" | "MAP";
}

const schemaObject: MessageType<SchemaObject> = message(() => ({
  attributes: repeated(1, schemaAttribute),
  nesting: field(3, objectNesting),
}));

const schemaAttribute: MessageType<SchemaAttribute> = message({
  name: field(1, "string"),
  type: field(2, "bytes"),
  description: field(3, "string"),
  required: field(4, "bool"),
  optional: field(5, "bool"),
  computed: field(6, "bool"),
  sensitive: field(7, "bool"),
  descriptionKind: field(8, stringKind),
  deprecated: field(9, "bool"),
  nestedType: field(10, schemaObject),
  writeOnly: field(11, "bool"),
  deprecationMessage: field(12, "string"),
});

const schemaBlock = message({
  version: field(1, "int64"),
  attributes: repeated(2, schemaAttribute),
  description: field(4, "string"),
  descriptionKind: field(5, stringKind),
  deprecated: field(6, "bool"),
  deprecationMessage: field(7, "string"),
});

const schemaMessage = message({ version: field(1, "int64"), block: field(2, schemaBlock) });
/** A provider's or a resource's schema; `schema-wire.ts` makes it from a `Schema`. */
export type SchemaMessage = MessageValue<typeof schemaMessage>;

const functionParameter = message({
  name: field(1, "string"),
  type: field(2, "bytes"),
  allowNullValue: field(3, "bool"),
  allowUnknownValues: field(4, "bool"),
  description: field(5, "string"),
  descriptionKind: field(6, stringKind),
});

const functionMessage = message({
  parameters: repeated(1, functionParameter),
  variadicParameter: field(2, functionParameter),
  return: field(3, message({ type: field(1, "bytes") })),
  summary: field(4, "string"),
  description: field(5, "string"),
  descriptionKind: field(6, stringKind),
  deprecationMessage: field(7, "string"),
});
/** A function's signature; `function-service.ts` makes it from a `ProviderFunction`. */
export type FunctionMessage = MessageValue<typeof functionMessage>;

const timestamp = message({ seconds: field(1, "int64") });

const serverCapabilities = message({
  planDestroy: field(1, "bool"),
  getProviderSchemaOptional: field(2, "bool"),
  moveResourceState: field(3, "bool"),
  generateResourceConfig: field(4, "bool"),
});

const clientCapabilities = message({
  deferralAllowed: field(1, "bool"),
  writeOnlyAttributesAllowed: field(2, "bool"),
});

const diagnostics = (number: number) => repeated(number, diagnosticMessage);
const typeNames = (number: number) => repeated(number, message({ typeName: field(1, "string") }));

const importedResource = message({
  typeName: field(1, "string"),
  state: field(2, dynamicValue),
  privateBytes: field(3, "bytes"),
  identity: field(4, identityData),
});

/** A message without fields, and the request of every call that takes nothing. */
export const empty = message({});

/** The calls of `tfplugin6.Provider` that are served, by their names, which are also their paths. */
export const protocol = {
  GetMetadata: {
    request: empty,
    response: message({
      serverCapabilities: field(1, serverCapabilities),
      diagnostics: diagnostics(2),
      dataSources: typeNames(3),
      resources: typeNames(4),
      functions: repeated(5, message({ name: field(1, "string") })),
      ephemeralResources: typeNames(6),
    }),
  },
  GetProviderSchema: {
    request: empty,
    response: message({
      provider: field(1, schemaMessage),
      resourceSchemas: mapOf(2, schemaMessage),
      dataSourceSchemas: mapOf(3, schemaMessage),
      diagnostics: diagnostics(4),
      serverCapabilities: field(6, serverCapabilities),
      functions: mapOf(7, functionMessage),
      ephemeralResourceSchemas: mapOf(8, schemaMessage),
    }),
  },
  GetResourceIdentitySchemas: {
    request: empty,
    response: message({ identitySchemas: mapOf(1, identitySchema), diagnostics: diagnostics(2) }),
  },
  GetFunctions: {
    request: empty,
    response: message({ functions: mapOf(1, functionMessage), diagnostics: diagnostics(2) }),
  },
  /** Has no diagnostics: what went wrong is the function's own error. */
  CallFunction: {
    request: message({ name: field(1, "string"), arguments: repeated(2, dynamicValue) }),
    response: message({
      result: field(1, dynamicValue),
      error: field(2, message({ text: field(1, "string"), functionArgument: optional(2, "int64") })),
    }),
  },
  ValidateProviderConfig: {
    request: message({ config: field(1, dynamicValue) }),
    /** Number 2, unlike in the other validations: 1 was the "prepared config" of protocol 5. */
    response: message({ diagnostics: diagnostics(2) }),
  },
  ConfigureProvider: {
    request: message({ terraformVersion: field(1, "string"), config: field(2, dynamicValue) }),
    response: message({ diagnostics: diagnostics(1) }),
  },
  /** The answer's only field is an error text, and there is never one. */
  StopProvider: { request: empty, response: message({ error: field(1, "string") }) },
  ValidateResourceConfig: {
    request: message({
      typeName: field(1, "string"),
      config: field(2, dynamicValue),
      clientCapabilities: field(3, clientCapabilities),
    }),
    response: message({ diagnostics: diagnostics(1) }),
  },
  UpgradeResourceState: {
    request: message({
      typeName: field(1, "string"),
      version: field(2, "int64"),
      rawState: field(3, rawState),
    }),
    response: message({ upgradedState: field(1, dynamicValue), diagnostics: diagnostics(2) }),
  },
  UpgradeResourceIdentity: {
    request: message({
      typeName: field(1, "string"),
      version: field(2, "int64"),
      rawIdentity: field(3, rawState),
    }),
    response: message({ upgradedIdentity: field(1, identityData), diagnostics: diagnostics(2) }),
  },
  ReadResource: {
    request: message({
      typeName: field(1, "string"),
      currentState: field(2, dynamicValue),
      privateBytes: field(3, "bytes"),
      currentIdentity: field(6, identityData),
    }),
    response: message({
      newState: field(1, dynamicValue),
      diagnostics: diagnostics(2),
      privateBytes: field(3, "bytes"),
      newIdentity: field(5, identityData),
    }),
  },
  PlanResourceChange: {
    request: message({
      typeName: field(1, "string"),
      priorState: field(2, dynamicValue),
      proposedNewState: field(3, dynamicValue),
      config: field(4, dynamicValue),
      priorPrivate: field(5, "bytes"),
      priorIdentity: field(8, identityData),
    }),
    response: message({
      plannedState: field(1, dynamicValue),
      requiresReplace: repeated(2, attributePath),
      plannedPrivate: field(3, "bytes"),
      diagnostics: diagnostics(4),
      plannedIdentity: field(7, identityData),
    }),
  },
  ApplyResourceChange: {
    request: message({
      typeName: field(1, "string"),
      priorState: field(2, dynamicValue),
      plannedState: field(3, dynamicValue),
      config: field(4, dynamicValue),
      plannedPrivate: field(5, "bytes"),
      plannedIdentity: field(7, identityData),
    }),
    response: message({
      newState: field(1, dynamicValue),
      privateBytes: field(2, "bytes"),
      diagnostics: diagnostics(3),
      newIdentity: field(5, identityData),
    }),
  },
  ValidateDataResourceConfig: {
    request: message({ typeName: field(1, "string"), config: field(2, dynamicValue) }),
    response: message({ diagnostics: diagnostics(1) }),
  },
  ReadDataSource: {
    request: message({ typeName: field(1, "string"), config: field(2, dynamicValue) }),
    response: message({ state: field(1, dynamicValue), diagnostics: diagnostics(2) }),
  },
  ValidateEphemeralResourceConfig: {
    request: message({ typeName: field(1, "string"), config: field(2, dynamicValue) }),
    response: message({ diagnostics: diagnostics(1) }),
  },
  OpenEphemeralResource: {
    request: message({ typeName: field(1, "string"), config: field(2, dynamicValue) }),
    response: message({
      diagnostics: diagnostics(1),
      renewAt: field(2, timestamp),
      result: field(3, dynamicValue),
      privateBytes: optional(4, "bytes"),
    }),
  },
  RenewEphemeralResource: {
    request: message({ typeName: field(1, "string"), privateBytes: field(2, "bytes") }),
    response: message({
      diagnostics: diagnostics(1),
      renewAt: field(2, timestamp),
      privateBytes: optional(3, "bytes"),
    }),
  },
  CloseEphemeralResource: {
    request: message({ typeName: field(1, "string"), privateBytes: field(2, "bytes") }),
    response: message({ diagnostics: diagnostics(1) }),
  },
  ImportResourceState: {
    request: message({
      typeName: field(1, "string"),
      id: field(2, "string"),
      identity: field(4, identityData),
    }),
    response: message({ importedResources: repeated(1, importedResource), diagnostics: diagnostics(2) }),
  },
  MoveResourceState: {
    request: message({
      sourceProviderAddress: field(1, "string"),
      sourceTypeName: field(2, "string"),
      sourceSchemaVersion: field(3, "int64"),
      sourceState: field(4, rawState),
      targetTypeName: field(5, "string"),
      sourcePrivate: field(6, "bytes"),
      sourceIdentity: field(7, rawState),
      sourceIdentitySchemaVersion: field(8, "int64"),
    }),
    response: message({
      targetState: field(1, dynamicValue),
      diagnostics: diagnostics(2),
      targetPrivate: field(3, "bytes"),
      targetIdentity: field(4, identityData),
    }),
  },
} as const;

/** `grpc.health.v1.Health/Check`, by which go-plugin asks whether we are well. */
export const healthCheck = {
  request: message({ service: field(1, "string") }),
  response: message({
    status: field(1, enumeration({ UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 })),
  }),
} as const;
