import { describe, expect, test } from "vitest";
import { Client } from "../../client/client.ts";
import { finishingWrites, withRetries } from "../../client/retry.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../client/transport.ts";

const request: TransportRequest = { method: "GET", url: "http://keys.example.org/", headers: {} };
const ok: TransportResponse = { status: 200, body: "{}" };

/** A transport that gives these outcomes in turn, and what it was asked. */
function scripted(...outcomes: readonly (TransportResponse | Error)[]) {
  const requests: TransportRequest[] = [];
  const transport: Transport = async (asked) => {
    const outcome = outcomes[requests.length] ?? expect.fail("asked too often");
    requests.push(asked);
    if (outcome instanceof Error) {
      throw outcome;
    }
    return outcome;
  };
  return { requests, transport };
}

describe("a request that is tried again", () => {
  test.each([429, 502, 503, 504])("comes through after an answer with status %s", async (status) => {
    const { requests, transport } = scripted({ status, body: "" }, { status, body: "" }, ok);
    expect(await withRetries(transport, { attempts: 3, baseMs: 1 })(request)).toBe(ok);
    expect(requests).toHaveLength(3);
  });

  test("comes through after a connection that broke", async () => {
    const { transport } = scripted(new Error("ECONNRESET"), ok);
    expect(await withRetries(transport, { attempts: 2, baseMs: 1 })(request)).toBe(ok);
  });

  test("is given up after so many attempts, with the last answer or fault", async () => {
    const busy = { status: 503, body: "busy" };
    const answered = scripted(busy, busy);
    expect(await withRetries(answered.transport, { attempts: 2, baseMs: 1 })(request)).toBe(busy);
    const broken = scripted(new Error("one"), new Error("two"));
    await expect(withRetries(broken.transport, { attempts: 2, baseMs: 1 })(request)).rejects.toThrow("two");
  });

  test.each([400, 401, 403, 404, 409, 422, 500])(
    "is not tried again after status %s, which does not pass by itself",
    async (status) => {
      const { requests, transport } = scripted({ status, body: "" });
      await withRetries(transport, { attempts: 5, baseMs: 1 })(request);
      expect(requests).toHaveLength(1);
    },
  );

  test("waits as long as the server asks", async () => {
    const { transport } = scripted({ status: 429, headers: { "retry-after": "1" }, body: "" }, ok);
    const startedAt = performance.now();
    await withRetries(transport, { attempts: 2, baseMs: 1 })(request);
    expect(performance.now() - startedAt).toBeGreaterThan(950);
  });

  test("ends at once when it is cancelled while it waits", async () => {
    const { transport } = scripted({ status: 503, headers: { "retry-after": "60" }, body: "" }, ok);
    const stop = new AbortController();
    const waiting = withRetries(transport, { attempts: 2, baseMs: 1 })({ ...request, signal: stop.signal });
    stop.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow();
  });

  test("is waited for once it is sent when it changes something, and not sent any more when it is not", async () => {
    const stop = new AbortController();
    const signals: (AbortSignal | undefined)[] = [];
    const transport = finishingWrites(async ({ signal }) => {
      signals.push(signal);
      stop.abort(new Error("stopped"));
      return ok;
    });
    const change = { ...request, method: "POST", signal: stop.signal };
    expect(await transport(change)).toBe(ok);
    await expect(transport(change)).rejects.toThrow("stopped");
    await transport({ ...request, signal: stop.signal });
    expect(signals).toEqual([undefined, stop.signal]);
  });

  test("is the same request: a create keeps its Idempotency-Key, and another create has another", async () => {
    const created = { status: 201, body: JSON.stringify({ $key: "7", key: "s3cret" }) };
    const { requests, transport } = scripted(new Error("lost"), created, created);
    const client = new Client({
      endpoint: "http://keys.example.org",
      credentials: { token: "unused" },
      transport,
      retries: { attempts: 3, baseMs: 1 },
    });
    await client.createApiKey({ user: 1, name: "one" });
    await client.createApiKey({ user: 1, name: "two" });
    const keys = requests.map(({ headers }) => headers["Idempotency-Key"]);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
  });
});
