import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { decodeObject, encodeObject } from "../../provider/plugin/values.ts";
import { bearer } from "../server/test-server.ts";
import { ListeningServer, ProviderInProcess } from "./provider-in-process.ts";

const typeName = "keyward_api_key";
const minute = 60_000;

describe("an ephemeral key", () => {
  let listening: ListeningServer;
  let provider: ProviderInProcess;
  const startMs = Date.parse("2026-11-23T12:00:00Z");

  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: startMs });
    listening = await ListeningServer.start();
    provider = await ProviderInProcess.configure(listening);
  });
  afterAll(async () => {
    vi.useRealTimers();
    await listening.stop();
  });

  function setClock(ms: number): void {
    vi.setSystemTime(ms);
    listening.server.nowMs = ms;
  }

  async function open(lifetime: string) {
    const { attributes } =
      provider.provider.ephemeralResources?.find((one) => one.typeName === typeName)?.schema ?? expect.fail();
    const nulls = Object.fromEntries(Object.keys(attributes).map((name) => [name, null]));
    const config = encodeObject(attributes, { ...nulls, user: "1", lifetime });
    const opened = await provider.call("OpenEphemeralResource", { typeName, config });
    expect(opened.diagnostics).toEqual([]);
    const { renewAt, privateBytes = new Uint8Array() } = opened;
    return { renewAt, privateBytes, key: decodeObject(attributes, opened.result) ?? expect.fail() };
  }

  const statusOf = async (secret: unknown) =>
    (await listening.server.request("/api/v4/users?limit=1", { as: bearer(String(secret)) })).status;

  test("is renewed for as long as the run lasts, and revoked at its end", async () => {
    setClock(startMs);
    const { key, renewAt, privateBytes } = await open("10m");
    expect(key).toMatchObject({ expires_at: "2026-11-23T12:10:00Z" });
    expect(Number(renewAt?.seconds), "half of its life").toBe(startMs / 1000 + 300);
    let bytes = privateBytes;
    for (const passed of [5, 10, 15, 20]) {
      setClock(startMs + passed * minute);
      const renewed = await provider.call("RenewEphemeralResource", { typeName, privateBytes: bytes });
      expect(renewed.diagnostics).toEqual([]);
      expect(Number(renewed.renewAt?.seconds)).toBe(startMs / 1000 + passed * 60 + 300);
      bytes = renewed.privateBytes ?? new Uint8Array();
      expect(await statusOf(key["secret"])).toBe(200);
    }
    const closed = await provider.call("CloseEphemeralResource", { typeName, privateBytes: bytes });
    expect(closed.diagnostics).toEqual([]);
    expect(await statusOf(key["secret"])).toBe(401);
    const again = await provider.call("CloseEphemeralResource", { typeName, privateBytes: bytes });
    expect(again.diagnostics, "closing twice is no fault").toEqual([]);
  });

  test("ends by itself when nobody renews it", async () => {
    setClock(startMs);
    const { key } = await open("1m");
    expect(await statusOf(key["secret"])).toBe(200);
    setClock(startMs + minute);
    expect(await statusOf(key["secret"])).toBe(401);
  });

  test("is revoked also by a run that was stopped", async () => {
    setClock(startMs);
    const { key, privateBytes } = await open("10m");
    await provider.stop();
    const closed = await provider.call("CloseEphemeralResource", { typeName, privateBytes });
    expect(closed.diagnostics).toEqual([]);
    expect(await statusOf(key["secret"])).toBe(401);
  });

  test("that somebody revoked meanwhile cannot be renewed, and that is said", async () => {
    setClock(startMs);
    const { key, privateBytes } = await open("10m");
    await listening.server.delete(`/api/v4/user_api_keys/${String(key["id"])}`);
    const renewed = await provider.call("RenewEphemeralResource", { typeName, privateBytes });
    expect(renewed.diagnostics).toMatchObject([
      { severity: "ERROR", summary: expect.stringContaining("Could not renew the API key") },
    ]);
  });
});
