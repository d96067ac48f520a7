import { once } from "node:events";
import { serve } from "@hono/node-server";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSecret } from "../../../contract/secret.ts";
import { createLogger } from "../../../provider/plugin/log.ts";
import { protocol } from "../../../provider/plugin/messages.ts";
import type { MessageType } from "../../../provider/plugin/protobuf-declaration.ts";
import { providerCalls } from "../../../provider/plugin/provider-service.ts";
import type { Rpc } from "../../../provider/plugin/rpc.ts";
import type { Attributes } from "../../../provider/plugin/schema.ts";
import { unknown } from "../../../provider/plugin/unknown.ts";
import { decodeObject, encodeObject, type ObjectValue } from "../../../provider/plugin/values.ts";
import { createProvider } from "../../../provider/provider.ts";
import { openMemory } from "../../databases.ts";
import { adminPassword, TestServer } from "../../server/test-server.ts";
import { planFaults, resultFaults } from "./oracle.ts";

/** How many configurations of each type; 500 in all. */
const runs = { keyward_api_key: 410, keyward_user: 30, keyward_group: 30, keyward_permission: 30 } as const;

type TypeName = keyof typeof runs;

describe("every plan and result of the provider, by the rules of core,", () => {
  let server: TestServer;
  let listening: ReturnType<typeof serve>;
  let calls: readonly Rpc[];
  let recipients: readonly string[];
  let count = 0;
  const provider = createProvider({});

  beforeAll(async () => {
    server = await TestServer.start(await openMemory());
    server.nowMs = Date.now();
    listening = serve({ fetch: server.app.hono.fetch, hostname: "127.0.0.1", port: 0 });
    await once(listening, "listening");
    const address = listening.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { secret } = await server.createApiKey({ user: 1, name: "oracle" });
    const logger = createLogger({
      level: "error",
      module: "oracle",
      fields: {},
      now: () => new Date(),
      write: () => {},
    });
    calls = providerCalls(provider, { logger, elapsedMs: () => 0 });
    const config = { endpoint: `http://127.0.0.1:${port}`, token: secret };
    await call("ConfigureProvider", protocol.ConfigureProvider, {
      terraformVersion: "1.11.4",
      config: encodeObject(provider.schema.attributes, config),
    });
    expect(adminPassword.length).toBeGreaterThan(7);
    const identities = [await generateX25519Identity(), await generateX25519Identity()];
    recipients = await Promise.all(identities.map((identity) => identityToRecipient(identity)));
  });
  afterAll(async () => {
    await new Promise((resolve) => listening.close(resolve));
    await server.stop();
  });

  async function call<Request, Response>(
    name: string,
    types: { readonly request: MessageType<Request>; readonly response: MessageType<Response> },
    request: Partial<Request>,
  ): Promise<Response> {
    const found = calls.find((one) => one.name === name) ?? expect.fail(name);
    return types.response.decode(await found.call(types.request.encode(request)));
  }

  const attributesOf = (typeName: TypeName): Attributes =>
    provider.resources.find((one) => one.typeName === typeName)?.schema.attributes ?? expect.fail(typeName);

  /** One resource through its life, with core's judgement after each step. */
  class Life {
    state: ObjectValue | null = null;
    privateBytes: Uint8Array = new Uint8Array();
    readonly typeName: TypeName;
    readonly attributes: Attributes;

    constructor(typeName: TypeName) {
      this.typeName = typeName;
      this.attributes = attributesOf(typeName);
    }

    /** The plan, or undefined where the configuration is refused. */
    async plan(config: ObjectValue): Promise<ObjectValue | undefined> {
      const { typeName, attributes } = this;
      const wire = encodeObject(attributes, config);
      const clientCapabilities = { deferralAllowed: false, writeOnlyAttributesAllowed: true };
      const validated = await call("ValidateResourceConfig", protocol.ValidateResourceConfig, {
        typeName,
        config: wire,
        clientCapabilities,
      });
      if (validated.diagnostics.some(({ severity }) => severity === "ERROR")) {
        return undefined;
      }
      const answer = await call("PlanResourceChange", protocol.PlanResourceChange, {
        typeName,
        priorState: encodeObject(attributes, this.state),
        proposedNewState: wire,
        config: wire,
        priorPrivate: this.privateBytes,
      });
      expect(answer.diagnostics.filter(({ severity }) => severity === "ERROR")).toEqual([]);
      const planned = decodeObject(attributes, answer.plannedState) ?? expect.fail("nothing was planned");
      const isReplaced = answer.requiresReplace.length > 0;
      expect(planFaults(attributes, this.state, config, planned)).toEqual([]);
      this.privateBytes = answer.plannedPrivate;
      return isReplaced ? undefined : planned;
    }

    async apply(config: ObjectValue, planned: ObjectValue): Promise<void> {
      const { typeName, attributes } = this;
      const answer = await call("ApplyResourceChange", protocol.ApplyResourceChange, {
        typeName,
        priorState: encodeObject(attributes, this.state),
        plannedState: encodeObject(attributes, planned),
        config: encodeObject(attributes, config),
        plannedPrivate: this.privateBytes,
      });
      expect(answer.diagnostics.filter(({ severity }) => severity === "ERROR")).toEqual([]);
      const state = decodeObject(attributes, answer.newState) ?? expect.fail("there is no state");
      expect(resultFaults(attributes, planned, state)).toEqual([]);
      this.state = state;
      this.privateBytes = answer.privateBytes;
    }

    async read(): Promise<void> {
      const answer = await call("ReadResource", protocol.ReadResource, {
        typeName: this.typeName,
        currentState: encodeObject(this.attributes, this.state),
        privateBytes: this.privateBytes,
      });
      this.state = decodeObject(this.attributes, answer.newState) ?? expect.fail("it is gone");
      this.privateBytes = answer.privateBytes;
    }

    /** Plans and applies, and then there is nothing left to do. */
    async reach(config: ObjectValue): Promise<boolean> {
      const planned = await this.plan(config);
      if (planned === undefined) {
        return false;
      }
      await this.apply(config, planned);
      await this.read();
      const again = await this.plan(config);
      expect(again, "the plan after an apply is empty").toEqual(this.state);
      return true;
    }

    async destroy(): Promise<void> {
      const answer = await call("ApplyResourceChange", protocol.ApplyResourceChange, {
        typeName: this.typeName,
        priorState: encodeObject(this.attributes, this.state),
        plannedState: encodeObject(this.attributes, null),
        config: encodeObject(this.attributes, null),
        plannedPrivate: this.privateBytes,
      });
      expect(answer.diagnostics).toEqual([]);
    }
  }

  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 2 });
  const address = fc.constantFrom(
    "192.0.2.0/24",
    "192.0.2.7",
    "2001:DB8::/32",
    "2001:db8:0::1",
    "198.51.100.0/25",
  );
  const addresses = optional(fc.uniqueArray(address, { minLength: 1, maxLength: 3 }));
  const duration = fc.constantFrom("90d", "720h", "1h30m", "2w", "60s");
  const text = fc.constantFrom("", "plain", "línea\nzwei", "🔑");

  const apiKeyConfig = (name: string): fc.Arbitrary<ObjectValue> =>
    fc.record({
      user: fc.constant("1"),
      name: fc.constantFrom(name, `${name} again`),
      description: optional(text),
      expires_at: optional(
        fc.constantFrom("2036-01-01T00:00:00Z", "2036-01-01T01:00:00+01:00", "2037-06-01T00:00:00Z"),
      ),
      expires_in: optional(duration),
      ip_allow_list: addresses,
      ip_deny_list: addresses,
      rotation: optional(
        fc.record({
          every: optional(fc.constantFrom("9000h", "400d")),
          overlap: optional(fc.constantFrom("1h", "60m", "0s")),
        }),
      ),
      recipients: optional(fc.nat(2).map((howMany) => (howMany === 0 ? null : recipients.slice(0, howMany)))),
      secret_wo: optional(fc.constant(null).map(() => createSecret())),
      secret_wo_version: optional(fc.nat(2)),
    });
  const configs: Readonly<Record<TypeName, (name: string) => fc.Arbitrary<ObjectValue>>> = {
    keyward_api_key: apiKeyConfig,
    keyward_user: (name) =>
      fc.record({
        name: fc.constantFrom(name, name.toUpperCase()),
        type: optional(fc.constantFrom("api")),
        displayname: optional(fc.constantFrom("", "Somebody")),
        email: optional(fc.constantFrom("a@example.org", "A@Example.org", "")),
        enabled: optional(fc.boolean()),
      }),
    keyward_group: (name) =>
      fc.record({
        name: fc.constantFrom(name, `${name} again`),
        description: optional(text),
        email: optional(fc.constantFrom("a@example.org", "A@Example.org")),
        enabled: optional(fc.boolean()),
      }),
    keyward_permission: (name) =>
      fc.record({
        identity: fc.constant("1"),
        table: fc.constant(name.replaceAll(/[^a-z0-9]/g, "_")),
        row: optional(fc.constantFrom("0", "3")),
        rights: fc.uniqueArray(fc.constantFrom("list", "read", "create", "modify", "delete")),
      }),
  };

  const whole = (typeName: TypeName, config: ObjectValue): ObjectValue =>
    Object.fromEntries(Object.keys(attributesOf(typeName)).map((name) => [name, config[name] ?? null]));

  test.each(Object.entries(runs).map(([typeName, howMany]) => ({ typeName, howMany })))(
    "holds for $howMany of $typeName",
    async ({ typeName: given, howMany }) => {
      const typeName =
        (Object.keys(runs) as TypeName[]).find((known) => known === given) ?? expect.fail(given);
      let reached = 0;
      const arbitrary = fc.constant(null).chain(() => {
        count += 1;
        const name = `oracle ${count} ${Math.random()}`;
        return fc.tuple(configs[typeName](name), configs[typeName](name), configs[typeName](name));
      });
      await fc.assert(
        fc.asyncProperty(arbitrary, async ([first, second, third]) => {
          const life = new Life(typeName);
          const open = whole(typeName, {
            ...first,
            ...(typeName === "keyward_api_key" ? { ip_allow_list: unknown } : {}),
          });
          await new Life(typeName).plan(open);
          if (!(await life.reach(whole(typeName, first)))) {
            return;
          }
          for (const next of [second, third]) {
            reached += (await life.reach(whole(typeName, next))) ? 1 : 0;
          }
          await life.destroy();
        }),
        { numRuns: howMany, endOnFailure: true },
      );
      expect(reached, "most configurations were good ones").toBeGreaterThan(howMany / 8);
    },
  );
});
