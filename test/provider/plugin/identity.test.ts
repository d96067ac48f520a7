/** Identities and moves, message by message: Terraform 1.12 asks for the former, and no client that npm has does. */

import { beforeEach, describe, expect, test } from "vitest";
import { type IdentityData, protocol } from "../../../provider/plugin/messages.ts";
import { schema, string } from "../../../provider/plugin/schema.ts";
import { decodeObject, encodeObject, type ObjectValue } from "../../../provider/plugin/values.ts";
import { createProvider } from "../../../provider/provider.ts";
import { ProviderInProcess } from "../provider-in-process.ts";
import { createNotesProvider, Notebook, noteSchema } from "./notes-provider.ts";

const { attributes } = noteSchema;

const { attributes: identityAttributes } = schema({
  version: 0,
  description: "An identity.",
  attributes: { id: string({ required: true, description: "Number." }) },
});

const typeName = "notes_note";

const config: ObjectValue = Object.fromEntries(
  Object.keys(attributes).map((name) => [name, { title: "one", folder: "f" }[name] ?? null]),
);

describe("the identity of an object", () => {
  let provider: ProviderInProcess;

  beforeEach(async () => {
    provider = new ProviderInProcess(createNotesProvider(new Notebook()));
    await provider.configureWith({});
  });

  const decodeIdentity = (identity: IdentityData | undefined) =>
    decodeObject(identityAttributes, identity?.identityData);

  const identityOf = (id: string) => ({ identityData: encodeObject(identityAttributes, { id }) });

  async function create() {
    const wanted = encodeObject(attributes, config);
    const change = { typeName, priorState: encodeObject(attributes, null), config: wanted };
    const planned = await provider.call("PlanResourceChange", { ...change, proposedNewState: wanted });
    expect(planned.plannedIdentity, "there is none before the object is made").toBeUndefined();
    return provider.call("ApplyResourceChange", { ...change, plannedState: planned.plannedState });
  }

  test("is declared with what an import needs", async () => {
    const { identitySchemas } = await provider.call("GetResourceIdentitySchemas", {});
    expect(identitySchemas).toEqual({
      notes_note: {
        version: 0,
        identityAttributes: [
          {
            name: "id",
            type: expect.anything(),
            requiredForImport: true,
            optionalForImport: false,
            description: "Number.",
          },
        ],
      },
    });
    expect(Buffer.from(identitySchemas["notes_note"]?.identityAttributes[0]?.type ?? []).toString()).toBe(
      '"string"',
    );
  });

  test("comes with the object, and stays through reads, changes and the end", async () => {
    const made = await create();
    expect(decodeIdentity(made.newIdentity)).toEqual({ id: "1" });
    const read = await provider.call("ReadResource", {
      typeName,
      currentState: made.newState,
      currentIdentity: made.newIdentity,
    });
    expect(decodeIdentity(read.newIdentity)).toEqual({ id: "1" });
    const changed = encodeObject(attributes, { ...config, title: "two" });
    const change = { typeName, priorState: read.newState, config: changed, priorIdentity: read.newIdentity };
    const planned = await provider.call("PlanResourceChange", { ...change, proposedNewState: changed });
    expect(decodeIdentity(planned.plannedIdentity)).toEqual({ id: "1" });
    const applied = await provider.call("ApplyResourceChange", {
      ...change,
      plannedState: planned.plannedState,
      plannedIdentity: planned.plannedIdentity,
    });
    expect(decodeIdentity(applied.newIdentity)).toEqual({ id: "1" });
    const gone = await provider.call("ApplyResourceChange", { typeName, priorState: applied.newState });
    expect(gone.newIdentity).toBeUndefined();
  });

  test("comes to a state that was stored without one", async () => {
    const { newState } = await create();
    const read = await provider.call("ReadResource", { typeName, currentState: newState });
    expect(decodeIdentity(read.newIdentity)).toEqual({ id: "1" });
  });

  test("imports the object, as its id does", async () => {
    await create();
    for (const request of [{ identity: identityOf("1") }, { id: "1" }]) {
      const { importedResources, diagnostics } = await provider.call("ImportResourceState", {
        typeName,
        ...request,
      });
      expect(diagnostics).toEqual([]);
      expect(decodeIdentity(importedResources[0]?.identity)).toEqual({ id: "1" });
      expect(decodeObject(attributes, importedResources[0]?.state)).toMatchObject({ title: "one" });
    }
  });

  test("that is incomplete, or names nothing, is refused", async () => {
    const incomplete = { identityData: encodeObject(identityAttributes, {}) };
    const importBy = (identity: typeof incomplete) =>
      provider.call("ImportResourceState", { typeName, identity });
    expect((await importBy(incomplete)).diagnostics).toMatchObject([
      {
        summary: "The identity of the notes_note is incomplete",
        detail: expect.stringContaining("It takes id"),
      },
    ]);
    expect((await importBy(identityOf("77"))).diagnostics).toMatchObject([
      { summary: 'There is no notes_note with the id "77"' },
    ]);
  });

  test("is read as it was stored, unless a newer provider wrote it", async () => {
    const rawIdentity = { json: Buffer.from('{"id":"7"}'), flatmap: {} };
    const upgrade = (version: number) =>
      provider.call("UpgradeResourceIdentity", { typeName, version, rawIdentity });
    expect(decodeIdentity((await upgrade(0)).upgradedIdentity)).toEqual({ id: "7" });
    expect((await upgrade(1)).diagnostics).toMatchObject([
      { summary: "The identity of this notes_note was written by a newer provider" },
    ]);
  });
});

describe("an object that moves here", () => {
  const provider = new ProviderInProcess(createNotesProvider(new Notebook()));
  const state = { json: Buffer.from('{"name":"one","folder":"f","id":"1"}'), flatmap: {} };
  const origin = {
    sourceProviderAddress: "old.example.org/somebody/notes",
    sourceTypeName: typeName,
    sourceSchemaVersion: 0,
    sourceState: state,
    sourcePrivate: Buffer.from("kept"),
    targetTypeName: typeName,
  };

  test("from another address of the same provider keeps all it has, in today's form", async () => {
    const moved = await provider.call("MoveResourceState", origin);
    expect(moved.diagnostics).toEqual([]);
    expect(decodeObject(attributes, moved.targetState)).toMatchObject({ title: "one", folder: "f", id: "1" });
    expect(Buffer.from(moved.targetPrivate).toString()).toBe("kept");
    expect(decodeObject(identityAttributes, moved.targetIdentity?.identityData)).toEqual({ id: "1" });
    const { serverCapabilities } = await provider.call("GetMetadata", {});
    expect(serverCapabilities).toMatchObject({ moveResourceState: true });
  });

  test("from another provider, or of another type, is refused with the way out", async () => {
    for (const other of [
      { sourceProviderAddress: "registry.terraform.io/hashicorp/null" },
      { sourceTypeName: "notes_book" },
    ]) {
      const refused = await provider.call("MoveResourceState", { ...origin, ...other });
      expect(refused.targetState).toBeUndefined();
      expect(refused.diagnostics).toMatchObject([
        { severity: "ERROR", detail: expect.stringContaining("Import the object into a new resource") },
      ]);
    }
  });
});

describe("Keyward's resources", () => {
  const provider = new ProviderInProcess(createProvider({}));

  test("have an identity, but for the key, whose number a rotation changes in place", async () => {
    const { identitySchemas } = await provider.call("GetResourceIdentitySchemas", {});
    const names = Object.entries(identitySchemas).map(([type, { identityAttributes: of }]) => [
      type,
      of.map(({ name }) => name).join(),
    ]);
    expect(Object.fromEntries(names)).toEqual({
      keyward_user: "id",
      keyward_group: "id",
      keyward_group_member: "id",
      keyward_permission: "id",
      keyward_setting: "name",
    });
    const identity = { identityData: encodeObject(identityAttributes, { id: "1" }) };
    const refused = await provider.call("ImportResourceState", { typeName: "keyward_api_key", identity });
    expect(refused.diagnostics).toMatchObject([
      { summary: "keyward_api_key has no identity", detail: expect.stringContaining("by their id") },
    ]);
  });

  test("move here from wherever the provider was installed from", async () => {
    const move = (sourceProviderAddress: string) =>
      provider.call("MoveResourceState", {
        sourceProviderAddress,
        sourceTypeName: "keyward_user",
        targetTypeName: "keyward_user",
        sourceState: { json: Buffer.from('{"id":"5","name":"ci"}'), flatmap: {} },
      });
    const moved = await move("keys.example.com:8400/keyward/keyward");
    expect(decodeObject(provider.schemaOf("keyward_user").attributes, moved.targetState)).toMatchObject({
      id: "5",
      name: "ci",
    });
    expect((await move("registry.terraform.io/vergeio/vergeio")).diagnostics).toHaveLength(1);
  });
});

test("messages of identities are those of the protocol's field numbers", () => {
  const encoded = protocol.ImportResourceState.request.encode({
    typeName: "t",
    identity: { identityData: { msgpack: Buffer.from([0xc0]), json: new Uint8Array() } },
  });
  // typeName = 1, identity = 4 of identity_data = 1 of msgpack = 1.
  expect(Buffer.from(encoded).toString("hex")).toBe("0a017422050a030a01c0");
});
