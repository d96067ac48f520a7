import { armor, Decrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { createSecret } from "../../../contract/secret.ts";
import type { DiagnosticMessage } from "../../../provider/plugin/messages.ts";
import { Unknown, unknown } from "../../../provider/plugin/unknown.ts";
import type { ObjectValue } from "../../../provider/plugin/values.ts";
import { bearer } from "../../server/test-server.ts";
import { ListeningServer, ProviderInProcess, type ResourceInProcess } from "../provider-in-process.ts";

const keys = "/api/v4/user_api_keys";
/** Well-formed, and nothing can be encrypted to it: all its bytes are zero. */
const uselessRecipient = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z";

const anyBody = z.looseObject({});

function openPromise(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe("a declared key", () => {
  let listening: ListeningServer;
  let provider: ProviderInProcess;
  let identity: string;
  let recipient: string;
  let count = 0;
  let name = "";
  let key: ResourceInProcess;

  beforeAll(async () => {
    listening = await ListeningServer.start();
    provider = await ProviderInProcess.configure(listening);
    identity = await generateX25519Identity();
    recipient = await identityToRecipient(identity);
  });
  afterAll(() => listening.stop());
  beforeEach(() => {
    count += 1;
    name = `declared ${count}`;
    key = provider.resource("keyward_api_key");
    listening.requests.length = 0;
  });
  afterEach(() => {
    listening.fault = undefined;
  });

  const shown = (diagnostics: readonly DiagnosticMessage[]) =>
    diagnostics.map(({ severity, summary, detail, attribute }) => {
      const [step] = attribute?.steps ?? [];
      return { severity, text: `${summary}: ${detail}`, on: step?.selector?.value };
    });
  const named = (start: string) => listening.server.list(`${keys}?filter=name bw '${start}'`);
  const statusOf = async (secret: string) =>
    (await listening.server.request("/auth/whoami", { as: bearer(secret) })).status;

  describe("is refused before anything is made", () => {
    const oneWrong = (text: string) => `${text.slice(0, 20)}${text[20] === "q" ? "p" : "q"}${text.slice(21)}`;

    test("with a recipient that has one wrong character, or that is no age key", async () => {
      for (const [recipients, text] of [
        [[recipient, oneWrong(recipient)], "its checksum is wrong"],
        [[recipient.slice(0, -1)], "its checksum is wrong"],
        [[recipient.toUpperCase()], "is not an age public key"],
        [["ssh-ed25519 AAAA"], "is not an age public key"],
      ] as const) {
        expect(shown(await key.validate({ user: "1", name, recipients }))).toMatchObject([
          { severity: "ERROR", on: "recipients", text: expect.stringContaining(text) },
        ]);
      }
      expect(await key.validate({ user: "1", name, recipients: [recipient] })).toEqual([]);
    });

    test("with a recipient that nothing can be encrypted to, also when it is to be rotated", async () => {
      const refused = { severity: "ERROR", on: "recipients" };
      const useless = { user: "1", name, recipients: [uselessRecipient] };
      expect(await key.validate(useless)).toEqual([]);
      expect(shown(await key.apply(useless))).toMatchObject([refused]);
      expect(listening.requests).toEqual([]);
      await key.apply({ user: "1", name });
      const { state } = key;
      expect(shown(await key.apply(useless))).toMatchObject([refused]);
      expect(key.state).toEqual(state);
      expect(await statusOf(key.text("secret"))).toBe(200);
      expect(await named(name)).toHaveLength(1);
    });

    test("with nobody as its recipients", async () => {
      expect(shown(await key.validate({ user: "1", name, recipients: [] }))).toMatchObject([
        { severity: "ERROR", on: "recipients", text: expect.stringContaining("The set is empty") },
      ]);
      expect(await key.validate({ user: "1", name, recipients: [unknown] })).toEqual([]);
    });

    test("with a secret of its user's own that is not well-formed, which the text does not quote", async () => {
      const secret = createSecret();
      const faulty = `${secret.slice(0, -1)}${secret.endsWith("0") ? "1" : "0"}`;
      const answer = await key.validate({ user: "1", name, secret_wo: faulty, secret_wo_version: 1 });
      expect(shown(answer)).toMatchObject([{ severity: "ERROR", on: "secret_wo" }]);
      expect(JSON.stringify(answer)).not.toContain(faulty.slice(16, 30));
      expect(await key.validate({ user: "1", name, secret_wo: secret, secret_wo_version: 1 })).toEqual([]);
    });
  });

  test("hands its secret to each recipient", async () => {
    expect(await key.apply({ user: "1", name, recipients: [recipient] })).toEqual([]);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const secret = await decrypter.decrypt(armor.decode(key.text("encrypted_secret")), "text");
    expect(await statusOf(secret)).toBe(200);
  });

  describe("is planned so that what is known stays so when the rest becomes known", () => {
    /** Plans with something open and again with its value; whatever was certain at first has to be the same then. */
    async function expectConsistent(open: ObjectValue, known: ObjectValue, isKept: boolean): Promise<void> {
      const first = (await key.plan(open)).planned ?? expect.fail();
      const second = (await key.plan(known)).planned ?? expect.fail();
      const certain = Object.entries(first).filter(([, value]) => !hasUnknown(value));
      expect(Object.fromEntries(certain.map(([attribute]) => [attribute, second[attribute]]))).toEqual(
        Object.fromEntries(certain),
      );
      expect(first["previous_id"]).toBeInstanceOf(Unknown);
      expect(second["id"]).toEqual(isKept ? key.state?.["id"] : expect.any(Unknown));
    }
    const hasUnknown = (value: unknown): boolean =>
      value instanceof Unknown || (Array.isArray(value) && value.some(hasUnknown));

    test.each([
      ["one of its recipients", (): ObjectValue => ({ recipients: [unknown] })],
      ["its recipients", (): ObjectValue => ({ recipients: unknown })],
      ["the version of its secret", (): ObjectValue => ({ secret_wo_version: unknown })],
    ])("%s", async (_, open) => {
      const base = { user: "1", name, rotation: { overlap: "1h" } };
      const isOwn = "secret_wo_version" in open();
      const known: ObjectValue = isOwn
        ? { ...base, secret_wo: createSecret(), secret_wo_version: 1 }
        : { ...base, recipients: [recipient] };
      const other: ObjectValue = isOwn
        ? { ...known, secret_wo: createSecret(), secret_wo_version: 2 }
        : { ...base, recipients: [await identityToRecipient(await generateX25519Identity())] };
      expect(await key.apply(known)).toEqual([]);
      // It has a predecessor, and has been used.
      expect(await key.apply(other)).toEqual([]);
      await key.read();
      Object.assign(key, {
        state: { ...key.state, last_login_at: "2026-11-23T12:00:00Z", last_login_ip: "::1" },
      });
      await expectConsistent({ ...other, ...open() }, other, true);
      await expectConsistent({ ...other, ...open() }, known, false);
    });

    test("whether it is rotated at all, when it is due", async () => {
      const config = { user: "1", name, rotation: { every: "30d" } };
      await key.apply(config);
      Object.assign(key, { state: { ...key.state, rotation_due: true } });
      await expectConsistent({ ...config, rotation: unknown }, config, false);
      await expectConsistent({ ...config, rotation: unknown }, { user: "1", name }, true);
    });
  });

  describe("that was imported", () => {
    test("takes its delivery over without being rotated, and is rotated by the next change of it", async () => {
      const { key: id, secret } = await listening.server.createApiKey({ user: 1, name });
      await key.import(String(id));
      const config = { user: "1", name, recipients: [recipient] };
      expect(shown(await key.apply(config))).toMatchObject([{ severity: "WARNING", on: "recipients" }]);
      expect(listening.requests.filter((request) => !request.startsWith("GET"))).toEqual([]);
      expect(await statusOf(secret)).toBe(200);
      await key.read();
      expect((await key.plan(config)).planned).toEqual(key.state);
      const other = await identityToRecipient(await generateX25519Identity());
      await key.apply({ ...config, recipients: [other] });
      expect(key.text("id")).not.toBe(String(id));
    });

    test("takes the version of a secret over that is the user's own", async () => {
      const secret = createSecret();
      const $key = String(await listening.server.create(keys, { user: 1, name, secret }));
      await key.import($key);
      const config = { user: "1", name, secret_wo: secret, secret_wo_version: 7 };
      expect(await key.apply(config)).toEqual([]);
      expect(key.state).toMatchObject({ id: $key, secret_wo_version: 7 });
      expect(await statusOf(secret)).toBe(200);
    });

    test("has no difference between lists that are empty and lists that are left out", async () => {
      const { key: id } = await listening.server.createApiKey({ user: 1, name });
      await key.import(String(id));
      for (const lists of [{}, { ip_allow_list: [], ip_deny_list: [] }, { ip_allow_list: [] }]) {
        expect((await key.plan({ user: "1", name, ...lists })).planned).toEqual(key.state);
      }
      await key.apply({ user: "1", name, ip_allow_list: ["192.0.2.1"] });
      await key.apply({ user: "1", name });
      expect(await named(name)).toMatchObject([{ ip_allow_list: "" }]);
    });
  });

  test("whose secret the server did not take is deleted again", async () => {
    listening.fault = async (request, pass) => {
      if (request.method !== "POST") {
        return pass();
      }
      const { secret: _, ...body } = anyBody.parse(await request.json());
      return Response.json((await listening.server.post(keys, body)).json, { status: 201 });
    };
    const config = { user: "1", name, secret_wo: createSecret(), secret_wo_version: 1 };
    expect(shown(await key.apply(config))).toMatchObject([{ severity: "ERROR", on: "secret_wo" }]);
    expect(key.state).toBeNull();
    expect(await named(name)).toEqual([]);
  });

  test("whose name is taken says by which key, and how to go on", async () => {
    const { key: id } = await listening.server.createApiKey({ user: 1, name });
    const [problem] = shown(await key.apply({ user: "1", name }));
    expect(problem).toMatchObject({ severity: "ERROR", on: "name" });
    expect(problem?.text).toMatch(
      new RegExp(
        `it is there already.*It is key ${id}, made at .*terraform import ADDRESS ${id}.*create_before_destroy.*rotation`,
      ),
    );
  });

  test("passes on what the server doubts, on the attribute, when it is made and when it is changed", async () => {
    const lists = { ip_allow_list: ["192.0.2.1"], ip_deny_list: ["198.51.100.1"] };
    const doubted = {
      severity: "WARNING",
      on: "ip_deny_list",
      text: expect.stringContaining("has no effect"),
    };
    expect(shown(await key.apply({ user: "1", name, ...lists }))).toMatchObject([doubted]);
    expect(
      shown(await key.apply({ user: "1", name, ...lists, ip_deny_list: ["198.51.100.2"] })),
    ).toMatchObject([doubted]);
  });
});

describe("a run that is stopped", () => {
  let listening: ListeningServer;
  let provider: ProviderInProcess;

  beforeAll(async () => {
    listening = await ListeningServer.start();
    provider = await ProviderInProcess.configure(listening);
  });
  afterAll(() => listening.stop());
  afterEach(() => {
    listening.fault = undefined;
  });

  /** Holds the first request of a method, once the server has done it, until the returned function is called. */
  function hold(method: string): { readonly reached: Promise<void>; readonly release: () => void } {
    const reached = openPromise();
    const released = openPromise();
    listening.fault = async (request, pass) => {
      const answer = await pass();
      if (request.method === method) {
        reached.resolve();
        await released.promise;
      }
      return answer;
    };
    return { reached: reached.promise, release: released.resolve };
  }

  test.each([
    ["keyward_api_key", { user: "1", name: "held" }],
    ["keyward_user", { name: "held" }],
    ["keyward_group", { name: "held" }],
    ["keyward_permission", { identity: "1", table: "users", rights: ["list"] }],
  ])("has in the state what the server was making of %s, and no fault with it", async (typeName, config) => {
    const resource = provider.resource(typeName);
    const { reached, release } = hold("POST");
    const applied = resource.apply(config);
    await reached;
    await provider.stop();
    release();
    expect(await applied).toEqual([]);
    expect(resource.text("id")).toMatch(/^\d+$/);
    listening.fault = undefined;
    await resource.read();
    expect((await resource.plan(config)).planned).toEqual(resource.state);
    expect(await resource.destroy()).toEqual([]);
  });

  test("ends what waits for another attempt, and reads, and says so", async () => {
    const group = provider.resource("keyward_group");
    await group.apply({ name: "read slowly" });
    const { reached, release } = hold("GET");
    const reading = group.read();
    await reached;
    await provider.stop();
    const [read] = await reading;
    release();
    expect(read?.summary).toBe("Stopped before it could read the group");
    const failing = openPromise();
    listening.fault = async () => {
      failing.resolve();
      return new Response("", { status: 503, headers: { "Retry-After": "60" } });
    };
    const creating = provider.resource("keyward_group").apply({ name: "waited for" });
    await failing.promise;
    // The answer has to come back before there is a wait to end.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await provider.stop();
    expect((await creating)[0]?.summary).toBe("Stopped before it could create the group");
  });
});
