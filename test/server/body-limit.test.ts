import { connect } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BodyMemory, limitBody } from "../../server/body-limit.ts";
import { ApiError } from "../../server/errors.ts";
import type { ServerEnvironment } from "../../server/request-log.ts";

const kibibyte = 1024;

describe("bodies of a bounded length in a bounded memory", () => {
  const hono = new Hono<ServerEnvironment>();
  let server: ReturnType<typeof serve>;
  let url = "";
  /** Requests whose body was read, each with the function that has it answered. */
  const working: (() => void)[] = [];

  beforeAll(async () => {
    hono.onError((error, context) =>
      error instanceof ApiError
        ? context.json({ code: error.code }, 400, error.headers)
        : context.text("", 500),
    );
    hono.use(limitBody(64 * kibibyte, new BodyMemory(100 * kibibyte)));
    hono.post("/", async (context) => {
      const { length } = await context.req.text();
      await new Promise<void>((resolve) => working.push(resolve));
      return context.json({ length });
    });
    url = await new Promise((resolve) => {
      server = serve({ fetch: hono.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
        resolve(`http://127.0.0.1:${port}/`),
      );
    });
  });
  afterAll(() => server.close());

  const inChunks = (length: number) =>
    new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode("x".repeat(length)));
        controller.close();
      },
    });
  const send = async (length: number, kind: "declared" | "in chunks") => {
    const answer = await fetch(
      url,
      kind === "declared"
        ? { method: "POST", body: "x".repeat(length) }
        : { method: "POST", body: inChunks(length), duplex: "half" },
    );
    return { json: await answer.json(), retryAfter: answer.headers.get("Retry-After") };
  };
  const refused = { json: { code: "unavailable" }, retryAfter: "1" };
  const answerAll = () => {
    for (const answer of working.splice(0)) {
      answer();
    }
  };

  test("are not looked for where a request has none, whatever it says", async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(url).port), "127.0.0.1", () =>
        socket.write(
          "GET / HTTP/1.1\r\nHost: keyward\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        ),
      );
      socket.once("data", (data) => resolve(data.toString()));
      socket.once("error", reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  });

  test.each(["declared", "in chunks"] as const)(
    "are read as they are (%s), up to that length",
    async (kind) => {
      const longest = send(64 * kibibyte, kind);
      await expect.poll(() => working.length).toBe(1);
      answerAll();
      expect((await longest).json).toEqual({ length: 64 * kibibyte });
      expect((await send(64 * kibibyte + 1, kind)).json).toEqual({ code: "payload_too_large" });
    },
  );

  test.each(["declared", "in chunks"] as const)(
    "are refused for now when others fill the memory (%s), and not when those are answered",
    async (kind) => {
      const first = send(60 * kibibyte, kind);
      await expect.poll(() => working.length).toBe(1);
      expect(await send(60 * kibibyte, kind)).toEqual(refused);
      const small = send(kibibyte, "declared");
      await expect.poll(() => working.length).toBe(2);
      answerAll();
      expect([(await first).json, (await small).json]).toEqual([
        { length: 60 * kibibyte },
        { length: kibibyte },
      ]);

      const next = send(60 * kibibyte, kind);
      await expect.poll(() => working.length).toBe(1);
      answerAll();
      expect((await next).json).toEqual({ length: 60 * kibibyte });
    },
  );
});
