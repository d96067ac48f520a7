/** The calls of the protocol on the notes provider, message by message. */

import { beforeEach, describe, expect, test } from "vitest";
import { ProviderError } from "../../../provider/plugin/diagnostics.ts";
import { createLogger } from "../../../provider/plugin/log.ts";
import { protocol } from "../../../provider/plugin/messages.ts";
import { providerCalls } from "../../../provider/plugin/provider-service.ts";
import { defineProvider, resourcesOf } from "../../../provider/plugin/resource.ts";
import { schema, string } from "../../../provider/plugin/schema.ts";
import { decodeObject, encodeObject } from "../../../provider/plugin/values.ts";
import { ProviderInProcess } from "../provider-in-process.ts";
import { createNotesProvider, Notebook, noteSchema } from "./notes-provider.ts";

const { attributes } = noteSchema;
const now = new Date("2026-11-23T12:00:00.123Z");

describe("a call", () => {
  let log: string[];
  let calls: ProviderInProcess;

  beforeEach(() => {
    log = [];
    calls = new ProviderInProcess(createNotesProvider(new Notebook()), surroundings(log));
  });

  test("that lists the provider names its resources", async () => {
    const answer = await calls.call("GetMetadata", {});
    expect(answer.resources).toEqual([{ typeName: "notes_note" }]);
    expect(answer.serverCapabilities).toMatchObject({ planDestroy: true, getProviderSchemaOptional: true });
  });

  test("about an unknown resource is answered with what there is", async () => {
    const request = { typeName: "notes_book" };
    const answer = await calls.call("ReadResource", request);
    expect(answer.diagnostics).toMatchObject([
      {
        severity: "ERROR",
        summary: "This provider has no resource notes_book",
        detail: "It has notes_note.",
      },
    ]);
  });

  test("before the provider is configured is answered with an error", async () => {
    const request = { typeName: "notes_note", currentState: encodeObject(attributes, { id: "1" }) };
    const answer = await calls.call("ReadResource", request);
    expect(answer.diagnostics).toMatchObject([{ summary: "The provider is not configured" }]);
  });

  test("with broken bytes is answered with an error that does not quote them", async () => {
    const every = providerCalls(createNotesProvider(new Notebook()), surroundings(log));
    const read = every.find(({ name }) => name === "ReadResource");
    const bytes = await read?.call(Buffer.from("0affff", "hex"));
    const answer = protocol.ReadResource.response.decode(bytes ?? new Uint8Array());
    expect(answer.diagnostics).toMatchObject([{ summary: "The provider failed unexpectedly" }]);
  });

  test("returns private state untouched when the resource does not use it", async () => {
    await calls.call("ConfigureProvider", {});
    const privateBytes = Buffer.from("any bytes");
    const request = {
      typeName: "notes_note",
      currentState: encodeObject(attributes, { id: "1" }),
      privateBytes,
    };
    const answer = await calls.call("ReadResource", request);
    expect(Buffer.from(answer.privateBytes).toString()).toBe("any bytes");
  });

  test("skips a value that is not known yet, and every rule on it", async () => {
    const refined = Buffer.from("81a57469746c65d70c8201c202a363692d", "hex");
    const config = { msgpack: withNulls(refined), json: new Uint8Array() };
    const request = { typeName: "notes_note", config };
    const answer = await calls.call("ValidateResourceConfig", request);
    expect(answer.diagnostics.map(({ summary }) => summary)).toEqual(["Missing value of folder"]);
  });

  test("upgrades a stored state: missing attributes are null, forgotten ones are dropped", async () => {
    const json = Buffer.from('{"name":"one","folder":"f","gone":{"deep":[1]},"stars":1.25}');
    const request = { typeName: "notes_note", version: 0, rawState: { json, flatmap: {} } };
    const answer = await calls.call("UpgradeResourceState", request);
    expect(answer.diagnostics).toEqual([]);
    expect(decodeObject(attributes, answer.upgradedState)).toMatchObject({
      title: "one",
      stars: 1.25,
      id: null,
      links: null,
    });
  });

  test("refuses the state of a newer provider with the way out", async () => {
    const request = {
      typeName: "notes_note",
      version: 9,
      rawState: { json: Buffer.from("{}"), flatmap: {} },
    };
    const answer = await calls.call("UpgradeResourceState", request);
    expect(answer.diagnostics[0]?.detail).toContain(
      "It has schema version 9, and this provider knows up to version 1.",
    );
  });

  test("is logged in hclog's form, with its kind and its duration and without any value", async () => {
    const request = {
      typeName: "notes_note",
      version: 1,
      rawState: { json: Buffer.from('{"title":"hush"}'), flatmap: {} },
    };
    await calls.call("UpgradeResourceState", request);
    expect(log.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        "@level": "trace",
        tf_rpc: "UpgradeResourceState",
        tf_resource_type: "notes_note",
      }),
      {
        "@level": "debug",
        "@message": "Served request",
        "@module": "provider.test",
        "@timestamp": "2026-11-23T12:00:00.123000Z",
        tf_rpc: "UpgradeResourceState",
        tf_resource_type: "notes_note",
        diagnostic_error_count: 0,
        diagnostic_warning_count: 0,
        tf_req_duration_ms: 0,
      },
    ]);
    expect(log.join("")).not.toContain("hush");
  });
});

describe("a hook", () => {
  const thing = schema({
    version: 0,
    description: "A thing.",
    attributes: {
      name: string({ required: true, description: "Name." }),
      id: string({ computed: true, description: "Number." }),
    },
  });

  test("that throws anything but a ProviderError shows no text of it, in the answer or in the log", async () => {
    const log: string[] = [];
    const calls = await configured(log, () => JSON.parse("secret-1234"));
    const answer = await create(calls);
    expect(answer.diagnostics).toMatchObject([
      { severity: "ERROR", summary: "The provider failed unexpectedly" },
    ]);
    expect(answer.diagnostics[0]?.detail).toContain(
      'SyntaxError while the provider did "ApplyResourceChange"',
    );
    expect(JSON.stringify(answer) + log.join("")).not.toContain("secret-1");
    expect(log.join("")).toContain("service.test.ts");
  });

  test("that throws a ProviderError is quoted, at the attribute that it names", async () => {
    const calls = await configured([], () => {
      throw new ProviderError("No such name", {
        detail: "Take another.",
        attribute: ["list", 2, { key: "k" }],
      });
    });
    const answer = await create(calls);
    expect(answer.diagnostics).toEqual([
      {
        severity: "ERROR",
        summary: "No such name",
        detail: "Take another.",
        attribute: {
          steps: [
            { selector: { case: "attributeName", value: "list" } },
            { selector: { case: "elementKeyInt", value: 2 } },
            { selector: { case: "elementKeyString", value: "k" } },
          ],
        },
      },
    ]);
  });

  test("is aborted by StopProvider, and the run's later calls are not", async () => {
    const signals: AbortSignal[] = [];
    const calls = await configured([], (signal) => {
      signals.push(signal);
      return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    const answer = create(calls);
    await expect.poll(() => signals.length).toBe(1);
    const stopped = await calls.call("StopProvider", {});
    expect(stopped.error).toBe("");
    expect((await answer).diagnostics).toMatchObject([{ summary: "Stopped" }]);
    void create(calls);
    await expect.poll(() => signals.length).toBe(2);
    expect(signals[1]?.aborted).toBe(false);
  });

  test("that leaves a value unknown loses nothing but that value, and is blamed", async () => {
    const calls = await configured([], async () => undefined);
    const answer = await create(calls);
    expect(answer.diagnostics[0]?.summary).toBe("test_thing was changed, but id is still unknown");
    expect(decodeObject(thing.attributes, answer.newState)).toEqual({ name: "n", id: null });
  });

  /** A provider whose only resource does `work` when it creates, and then answers with the plan as it is. */
  async function configured(
    log: string[],
    work: (signal: AbortSignal) => unknown,
  ): Promise<ProviderInProcess> {
    const provider = defineProvider({
      schema: schema({ version: 0, description: "Test.", attributes: {} }),
      configure: () => null,
      resources: [
        resourcesOf<null>()({
          typeName: "test_thing",
          schema: thing,
          read: async ({ state }) => state,
          async create({ plan, signal }) {
            await work(signal);
            // What no types allow, and a provider with a defect still does.
            return JSON.parse(JSON.stringify({ name: plan.name }), () => plan);
          },
          delete: async () => undefined,
        }),
      ],
    });
    const calls = new ProviderInProcess(provider, surroundings(log));
    await calls.call("ConfigureProvider", {});
    return calls;
  }

  function create(calls: ProviderInProcess) {
    const planned = { name: "n", id: null };
    const unknownId = Buffer.from("82a26964d40000a46e616d65a16e", "hex");
    return calls.call("ApplyResourceChange", {
      typeName: "test_thing",
      priorState: encodeObject(thing.attributes, null),
      plannedState: { msgpack: unknownId, json: new Uint8Array() },
      config: encodeObject(thing.attributes, planned),
    });
  }
});

function surroundings(log: string[]) {
  const write = (line: string) => void log.push(line);
  const logger = createLogger({ level: "trace", module: "provider.test", fields: {}, now: () => now, write });
  return { logger, elapsedMs: () => 0 };
}

/** A configuration of core's own bytes for one attribute, and nil for all others. */
function withNulls(oneAttribute: Buffer): Uint8Array {
  const others = encodeObject(attributes, {}).msgpack;
  const first = Object.keys(attributes).length;
  const title = Buffer.from("a57469746c65c0", "hex");
  const body = Buffer.from(others.subarray(1));
  const at = body.indexOf(title);
  return Buffer.concat([
    Buffer.of(0x80 | first),
    oneAttribute.subarray(1),
    body.subarray(0, at),
    body.subarray(at + title.length),
  ]);
}
