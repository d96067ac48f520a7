import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  decodeObject,
  decodeValue,
  encodeObject,
  encodeValue,
  type ObjectValue,
} from "../../provider/plugin/values.ts";
import { ListeningServer, ProviderInProcess } from "./provider-in-process.ts";

describe("the data sources of keys", () => {
  let listening: ListeningServer;
  let provider: ProviderInProcess;
  let key: string;

  beforeAll(async () => {
    listening = await ListeningServer.start();
    provider = await ProviderInProcess.configure(listening);
    const lists = { ip_allow_list: "192.0.2.0/24, 2001:db8::1", ip_deny_list: "" };
    key = String((await listening.server.createApiKey({ user: 1, name: "looked up", ...lists })).key);
  });
  afterAll(() => listening.stop());

  async function read(typeName: string, given: ObjectValue) {
    const source =
      provider.provider.dataSources?.find((one) => one.typeName === typeName) ?? expect.fail(typeName);
    const { attributes } = source.schema;
    const nulls = Object.fromEntries(Object.keys(attributes).map((name) => [name, null]));
    const config = encodeObject(attributes, { ...nulls, ...given });
    const { state, diagnostics } = await provider.call("ReadDataSource", { typeName, config });
    return { state: decodeObject(attributes, state), diagnostics };
  }

  test("find a key by its id, by its user and name, and by all of them", async () => {
    const whole = { id: key, user: "1", name: "looked up" };
    for (const given of [{ id: key }, { user: "1", name: "looked up" }, whole]) {
      const { state, diagnostics } = await read("keyward_api_key", given);
      expect(diagnostics).toEqual([]);
      expect(state).toMatchObject(whole);
    }
  });

  test.each<[given: ObjectValue, attribute: string, detail: string]>([
    [{ name: "another" }, "name", 'is named "looked up", not "another"'],
    [{ user: "2" }, "user", "belongs to user 1, not to 2"],
  ])("refuse what is not true of the key with that id: %o", async (given, attribute, detail) => {
    const { diagnostics } = await read("keyward_api_key", { id: key, ...given });
    expect(diagnostics).toMatchObject([
      {
        severity: "ERROR",
        detail: expect.stringContaining(`The key ${key} ${detail}`),
        attribute: { steps: [{ selector: { case: "attributeName", value: attribute } }] },
      },
    ]);
  });

  test("give address lists as address_allowed takes them", async () => {
    const allow = ["192.0.2.0/24", "2001:db8::1"];
    const one = await read("keyward_api_key", { id: key });
    expect(one.state).toMatchObject({ ip_allow_list: allow, ip_deny_list: [] });
    const { state } = await read("keyward_api_keys", { name_pattern: "looked*" });
    expect(state?.["keys"]).toMatchObject([{ ip_allow_list: allow, ip_deny_list: [] }]);

    const allowed =
      provider.provider.functions?.find(({ name }) => name === "address_allowed") ?? expect.fail();
    const given = ["192.0.2.9", one.state?.["ip_allow_list"] ?? null, one.state?.["ip_deny_list"] ?? null];
    const { result } = await provider.call("CallFunction", {
      name: allowed.name,
      arguments: allowed.parameters.map(({ shape }, place) => encodeValue(shape, given[place] ?? null)),
    });
    expect(decodeValue(allowed.returns, result)).toBe(true);
  });
});
