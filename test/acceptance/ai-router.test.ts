import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { anyStorage, KeywardServer } from "./keyward-server.ts";

const upstreamKey = "the key of the upstream";

/** A server of models as the test wants it to be, and what it has seen. */
class Models {
  readonly seen: { headers: http.IncomingHttpHeaders; body: string; url: string | undefined }[] = [];
  /** Answers a chat; the test puts another here for a while. */
  answer: (response: http.ServerResponse) => void = complete;
  /** Resolves when a connection under way is closed by the other side. */
  closed: Promise<void> = Promise.resolve();
  readonly #server: http.Server;

  constructor() {
    this.#server = http.createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) {
        body += chunk;
      }
      this.seen.push({ headers: request.headers, body, url: request.url });
      this.closed = new Promise((resolve) => response.once("close", () => resolve()));
      if (request.url === "/v1/models") {
        response.setHeader("Content-Type", "application/json");
        response.end(JSON.stringify({ object: "list", data: [{ id: "small", object: "model" }] }));
      } else {
        this.answer(response);
      }
    });
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function complete(response: http.ServerResponse): void {
  response.setHeader("Content-Type", "application/json");
  const message = { role: "assistant", content: "Good day." };
  const choices = [{ index: 0, finish_reason: "stop", message }];
  response.end(JSON.stringify({ id: "1", object: "chat.completion", created: 1, model: "small", choices }));
}

const tokenEvent = (content: string) =>
  `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 1, model: "small", choices: [{ index: 0, delta: { content } }] })}\n\n`;

describe("the AI router", () => {
  const models = new Models();
  let keyward: KeywardServer;
  let secret = "";
  let client: OpenAI;

  const openai = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${keyward.url}/v1`, maxRetries: 0 });
  const chat = { model: "local/small", messages: [{ role: "user" as const, content: "Hello" }] };

  beforeAll(async () => {
    const port = await models.start();
    keyward = await KeywardServer.start(
      await anyStorage({
        KEYWARD_AI_UPSTREAMS: `local=http://127.0.0.1:${port}/v1,gone=http://127.0.0.1:9/v1`,
        KEYWARD_AI_KEY_LOCAL: upstreamKey,
        KEYWARD_AI_TIMEOUT_SECONDS: "1",
      }),
    );
    secret = await keyward.createAdminSecret("assistant");
    client = openai(secret);
  });
  afterAll(async () => {
    models.stop();
    await keyward.remove();
  });
  beforeEach(() => {
    models.answer = complete;
    models.seen.length = 0;
  });

  test("lists the models of the upstreams that answer", async () => {
    const { data } = await client.models.list();
    expect(data).toEqual([{ id: "local/small", object: "model", owned_by: "local" }]);
  });

  test("hands a chat on, with the upstream's name for the model and everything else as it was", async () => {
    const answer = await client.chat.completions.create({ ...chat, temperature: 0.5, seed: 7 });

    expect(answer.choices[0]?.message.content).toBe("Good day.");
    expect(JSON.parse(models.seen[0]?.body ?? "")).toEqual({
      ...chat,
      model: "small",
      temperature: 0.5,
      seed: 7,
    });
  });

  test("keeps the caller's key from the upstream, the upstream's from the caller, and both from the log", async () => {
    const { response } = await client.chat.completions.create(chat).withResponse();

    expect(models.seen[0]?.headers.authorization).toBe(`Bearer ${upstreamKey}`);
    expect(JSON.stringify(models.seen)).not.toContain(secret);
    expect(JSON.stringify([...response.headers])).not.toContain(upstreamKey);
    expect(keyward.output).not.toContain(upstreamKey);
    expect(keyward.output).not.toContain(secret);
  });

  test("passes each token on while the upstream still writes", async () => {
    let write: (text: string) => void = () => {};
    models.answer = (response) => {
      response.setHeader("Content-Type", "text/event-stream");
      write = (text) => (text === "" ? response.end("data: [DONE]\n\n") : response.write(tokenEvent(text)));
      write("one");
    };
    const stream = await client.chat.completions.create({ ...chat, stream: true });
    const tokens: string[] = [];
    for await (const chunk of stream) {
      tokens.push(chunk.choices[0]?.delta.content ?? "");
      // The next is only written once this one was read.
      write(["two", "three", ""][tokens.length - 1] ?? "");
    }
    expect(tokens).toEqual(["one", "two", "three"]);
  });

  test("carries ten streams at once, each its own", async () => {
    models.answer = (response) => {
      const { body } = models.seen.at(-1) ?? { body: "{}" };
      response.setHeader("Content-Type", "text/event-stream");
      response.write(tokenEvent(body.slice(-12)));
      setTimeout(() => response.end("data: [DONE]\n\n"), 50);
    };
    const asked = Array.from({ length: 10 }, async (_, place) => {
      const messages = [{ role: "user" as const, content: `caller ${place}` }];
      let text = "";
      for await (const chunk of await client.chat.completions.create({ ...chat, messages, stream: true })) {
        text += chunk.choices[0]?.delta.content ?? "";
      }
      return text;
    });
    const answers = await Promise.all(asked);
    expect(answers.every((text) => text !== "")).toBe(true);
    expect(models.seen).toHaveLength(10);
  });

  test("ends the upstream's work when the caller leaves", async () => {
    models.answer = (response) => {
      response.setHeader("Content-Type", "text/event-stream");
      response.write(tokenEvent("one"));
    };
    const stream = await client.chat.completions.create({ ...chat, stream: true });
    for await (const _ of stream) {
      break;
    }
    stream.controller.abort();
    await models.closed;
  });

  test.each([
    ["a key that nobody has", () => openai("sk-nobody"), 401, "Login required"],
    [
      "a password in place of a key",
      () =>
        new OpenAI({
          apiKey: "x",
          baseURL: `${keyward.url}/v1`,
          maxRetries: 0,
          defaultHeaders: { Authorization: "Basic YWRtaW46eA==" },
        }),
      401,
      "Login required",
    ],
  ])("refuses %s in words that OpenAI's client shows", async (_, makeClient, status, message) => {
    await expect(makeClient().chat.completions.create(chat)).rejects.toMatchObject({
      status,
      message: `${status} ${message}`,
    });
    expect(models.seen).toEqual([]);
  });

  test("refuses in the v4 shape as well", async () => {
    const answer = await keyward.call("/v1/models", { secret: "letmein" });
    expect(await answer.json()).toEqual({
      err: "Login required",
      error: { message: "Login required", type: "unauthorized" },
    });
  });

  test("refuses a key from elsewhere, and one from the moment it is deleted", async () => {
    const make = async (settings: object) => {
      const answer = await keyward.call("/api/v4/user_api_keys", {
        method: "POST",
        body: { user: 1, ...settings },
      });
      return z.object({ $key: z.string(), key: z.string() }).parse(await answer.json());
    };
    const fenced = await make({ name: "fenced", ip_allow_list: "192.0.2.1" });
    await expect(openai(fenced.key).models.list()).rejects.toMatchObject({ status: 403 });

    const { $key, key } = await make({ name: "to be deleted" });
    await openai(key).chat.completions.create(chat);
    await keyward.call(`/api/v4/user_api_keys/${$key}`, { method: "DELETE" });
    await expect(openai(key).chat.completions.create(chat)).rejects.toMatchObject({ status: 401 });
  });

  test.each<[string, string, (response: http.ServerResponse) => void, number, RegExp]>([
    [
      "a model of no upstream",
      "small",
      complete,
      404,
      /there is no "small"; there is: local\/\.\.\., gone\/\.\.\./,
    ],
    ["an upstream that is gone", "gone/small", complete, 502, /upstream gone cannot be reached/],
    ["an upstream that does not answer", "local/small", () => {}, 504, /did not answer in 1 seconds/],
    [
      "an upstream that refuses our own key",
      "local/small",
      (response) => response.writeHead(401).end("{}"),
      502,
      /refuses the key that this server has for it/,
    ],
    [
      "an upstream that sends elsewhere",
      "local/small",
      (response) => response.writeHead(307, { Location: "http://127.0.0.1:1/" }).end(),
      502,
      /sends elsewhere/,
    ],
  ])("says what is wrong with %s", async (_, model, answer, status, message) => {
    models.answer = answer;
    await expect(client.chat.completions.create({ ...chat, model })).rejects.toMatchObject({
      status,
      message: expect.stringMatching(message),
    });
  });

  test("passes on what the upstream refuses, and when to try again", async () => {
    models.answer = (response) => {
      response.writeHead(429, { "Content-Type": "application/json", "Retry-After": "7" });
      response.end(JSON.stringify({ error: { message: "slow down" } }));
    };
    const refused = await client.chat.completions.create(chat).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 429, message: "429 slow down" });
    expect(refused instanceof OpenAI.APIError && refused.headers?.get("retry-after")).toBe("7");
  });

  test("bounds what it reads, and takes more than the rest of the API", async () => {
    const long = (length: number) => ({
      ...chat,
      messages: [{ role: "user" as const, content: "x".repeat(length) }],
    });
    await client.chat.completions.create(long(4_000_000));
    await expect(client.chat.completions.create(long(40_000_000))).rejects.toMatchObject({ status: 413 });
  });

  test("takes a caller who leaves in the middle of its request for that, and for no fault of its own", async () => {
    const { port } = new URL(keyward.url);
    const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: keyward\r\nAuthorization: Bearer ${secret}\r\n`;
    for (const length of ["Content-Length: 1000", "Transfer-Encoding: chunked"]) {
      const socket = net.connect(Number(port), "127.0.0.1");
      await once(socket, "connect");
      socket.write(`${head}Content-Type: application/json\r\n${length}\r\n\r\n3e8\r\n{"model": `);
      setTimeout(() => socket.destroy(), 50);
      await once(socket, "close");
    }
    await expect
      .poll(() => keyward.output.match(/"msg":"the caller left before it was answered"/g)?.length)
      .toBe(2);
    expect(keyward.output).not.toMatch(/"level":50/);
  });

  test("counts what it hands on, and whom it refuses", async () => {
    const refused = 'keyward_verdicts_total{outcome="unknown"} ';
    const count = async () => {
      const text = await (await keyward.call("/metrics")).text();
      return Number(text.split(refused)[1]?.split("\n")[0]);
    };
    const before = await count();
    await fetch(`${keyward.url}/v1/models`);
    expect((await count()) - before).toBe(1);
    const metrics = await (await keyward.call("/metrics")).text();
    expect(metrics).toMatch(/^keyward_ai_requests_total\{upstream="local",status="200"\} [1-9]/m);
    expect(metrics).toMatch(/^keyward_ai_requests_total\{upstream="gone",status="none"\} [1-9]/m);
  });
});
