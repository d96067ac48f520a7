import net from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSecret } from "../../contract/secret.ts";
import { createStorage, KeywardServer } from "./keyward-server.ts";

/** How many keys are made up; a million are for whoever has two minutes. */
const tokens = Number(process.env["HOSTILE_TOKENS"] ?? 16_000);

const mebibytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(0)} MiB`;

describe("a server with hostile clients", () => {
  let server: KeywardServer;
  let port = 0;
  let secret = "";

  beforeAll(async () => {
    // With little room for what is new, so that garbage is not taken for memory that is held.
    const variables = { KEYWARD_LOG_LEVEL: "info", NODE_OPTIONS: "--max-semi-space-size=2" };
    server = await KeywardServer.start(await createStorage(variables));
    port = Number(new URL(server.url).port);
    secret = await server.createAdminSecret("good caller");
    // In use already: a key that is new at an address of guessers waits with them.
    await server.call("/auth/verify", { secret });
  });
  afterAll(() => server.remove());

  const connect = () => {
    const socket = net.connect(port, "127.0.0.1");
    socket.on("error", () => {});
    return socket;
  };

  const question = (token: string) =>
    `GET /auth/verify HTTP/1.1\r\nHost: keyward\r\nAuthorization: Bearer ${token}\r\n\r\n`;

  /** Everything that comes back until the server closes the connection. */
  const answerTo = (send: (socket: net.Socket) => void): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect();
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString();
      });
      socket.once("close", () => resolve(text));
      socket.once("connect", () => send(socket));
    });

  /** Presents so many keys that nobody has, over a few connections; answers how often each status came. */
  const flood = async (count: number) => {
    const statuses = new Map<string, number>();
    const connections = 20;
    await Promise.all(
      Array.from({ length: connections }, async () => {
        let left = count / connections;
        let unanswered = 0;
        const socket = connect();
        const send = () => {
          const questions: string[] = [];
          for (; left > 0 && unanswered < 50; left -= 1) {
            questions.push(question(createSecret()));
            unanswered += 1;
          }
          socket.write(questions.join(""));
          if (unanswered === 0) {
            socket.end();
          }
        };
        let text = "";
        socket.on("data", (chunk) => {
          text += chunk.toString("latin1");
          const answers = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)];
          for (const [, status = ""] of answers) {
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
          }
          // What is left may hold the beginning of a status line.
          text = text.slice(-12).replace(/HTTP\/1\.1 \d{3} /, "");
          unanswered -= answers.length;
          send();
        });
        send();
        await new Promise((resolve) => socket.once("close", resolve));
      }),
    );
    return statuses;
  };

  /** Asks about a good key until told to stop; answers the statuses that were not 200, and how often it asked. */
  const goodCaller = () => {
    let isOver = false;
    const faults: number[] = [];
    let asked = 0;
    const work = (async () => {
      while (!isOver) {
        const { status } = await server.call("/auth/verify", { secret });
        asked += 1;
        if (status !== 200) {
          faults.push(status);
        }
      }
    })();
    return async () => {
      isOver = true;
      await work;
      return { asked, faults };
    };
  };

  test("goes on when they leave in the middle of a request, or before its answer", async () => {
    const stop = goodCaller();
    for (let round = 0; round < 300; round += 1) {
      const socket = connect();
      await new Promise((resolve) => socket.once("connect", resolve));
      const sent = [question(secret).slice(0, 60), question(createSecret()), question(secret)];
      socket.write(sent[round % sent.length] ?? "");
      socket.destroy();
    }
    const { asked, faults } = await stop();
    expect(faults).toEqual([]);
    expect(asked).toBeGreaterThan(0);
  });

  test("answers in their order what one of them asks all at once", async () => {
    const unknown = createSecret();
    const asked = [secret, unknown, secret, secret, unknown, unknown, secret];
    const last = "GET /healthz HTTP/1.1\r\nHost: keyward\r\nConnection: close\r\n\r\n";
    const answers = await answerTo((socket) => socket.write(asked.map(question).join("") + last));
    const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
    expect(statuses).toEqual(["200", "401", "200", "200", "401", "401", "200", "200"]);
  });

  test("refuses a header of 10 MB without reading it", async () => {
    const before = await server.residentBytes();
    const stop = goodCaller();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        answerTo((socket) => {
          socket.write(
            `GET /auth/verify HTTP/1.1\r\nHost: keyward\r\nX-Long: ${"x".repeat(10_000_000)}\r\n\r\n`,
          );
        }),
      ),
    );
    // Who is still writing when the connection is closed may not get to read the answer.
    expect(answers.filter((text) => text !== "" && !text.startsWith("HTTP/1.1 431"))).toEqual([]);
    expect((await stop()).faults).toEqual([]);
    expect((await server.residentBytes()) - before).toBeLessThan(50_000_000);
  });

  test.each(["/v1/chat/completions", "/api/v4/users"])(
    "keeps nothing of the bodies that strangers send to %s",
    async (path) => {
      const before = await server.residentBytes();
      const stop = goodCaller();
      const head = `POST ${path} HTTP/1.1\r\nHost: keyward\r\nTransfer-Encoding: chunked\r\n`;
      const chunk = `${(1_000_000).toString(16)}\r\n${"x".repeat(1_000_000)}\r\n`;
      const sockets = Array.from({ length: 20 }, connect);
      const answers = sockets.map(
        (socket) => new Promise<string>((resolve) => socket.once("data", (text) => resolve(text.toString()))),
      );
      for (const socket of sockets) {
        socket.write(`${head}Content-Type: application/json\r\n\r\n`);
        // None ever comes to its end.
        for (let sent = 0; sent < 8; sent += 1) {
          socket.write(chunk);
        }
      }
      for (const answer of await Promise.all(answers)) {
        expect(answer).toMatch(/^HTTP\/1\.1 401 /);
      }
      expect((await server.residentBytes()) - before).toBeLessThan(50_000_000);
      expect((await stop()).faults).toEqual([]);
      for (const socket of sockets) {
        socket.destroy();
      }
    },
  );

  test(`answers 4xx to ${tokens} made-up keys, in the same memory, while others are served`, {
    timeout: 120_000 + tokens,
  }, async () => {
    await flood(tokens / 4);
    const before = await server.residentBytes();
    const stop = goodCaller();
    const statuses = await flood((tokens * 3) / 4);

    const { asked, faults } = await stop();
    expect(faults).toEqual([]);
    expect(asked).toBeGreaterThan(0);
    expect([...statuses.keys()].sort()).toEqual(["401", "429"]);
    expect((statuses.get("401") ?? 0) + (statuses.get("429") ?? 0)).toBe((tokens * 3) / 4);
    const after = await server.residentBytes();
    if (process.env["HOSTILE_TOKENS"] !== undefined) {
      process.stderr.write(
        `${tokens} made-up keys: ${mebibytes(before)} before, ${mebibytes(after)} after\n`,
      );
    }
    expect(after - before).toBeLessThan(50_000_000);
  });

  test("closes a connection whose request never ends", async () => {
    const startedMs = performance.now();
    const answer = await answerTo((socket) => {
      socket.write("GET /auth/verify HTTP/1.1\r\nHost: keyward\r\nX-Slow: ");
    });
    expect(answer).toMatch(/^(HTTP\/1\.1 408 |$)/);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });
});
