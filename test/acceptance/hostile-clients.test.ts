import net from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSecret } from "../../contract/secret.ts";
import { createStorage, KeywardServer } from "./keyward-server.ts";

describe("a server with hostile clients", () => {
  let server: KeywardServer;
  let port = 0;
  let secret = "";

  beforeAll(async () => {
    server = await KeywardServer.start(await createStorage({ KEYWARD_LOG_LEVEL: "info" }));
    port = Number(new URL(server.url).port);
    secret = await server.createAdminSecret("good caller");
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
      socket.write(round % 2 === 0 ? question(secret).slice(0, 60) : question(createSecret()));
      socket.destroy();
    }
    const { asked, faults } = await stop();
    expect(faults).toEqual([]);
    expect(asked).toBeGreaterThan(0);
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

  test("answers 4xx to tens of thousands of made-up keys, in the same memory, while others are served", async () => {
    const flood = async (count: number) => {
      const statuses = new Map<string, number>();
      const perConnection = count / 20;
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const text = await answerTo((socket) => {
            for (let sent = 0; sent < perConnection; sent += 1) {
              socket.write(question(createSecret()));
            }
            socket.write("GET /healthz HTTP/1.1\r\nHost: keyward\r\nConnection: close\r\n\r\n");
          });
          for (const [, status = ""] of text.matchAll(/HTTP\/1\.1 (\d+)/g)) {
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
          }
        }),
      );
      return statuses;
    };
    await flood(10_000);
    const before = await server.residentBytes();
    const stop = goodCaller();
    const statuses = await flood(30_000);

    const { asked, faults } = await stop();
    expect(faults).toEqual([]);
    expect(asked).toBeGreaterThan(0);
    expect([...statuses.keys()].sort()).toEqual(["200", "401", "429"]);
    expect(statuses.get("200")).toBe(20);
    expect((statuses.get("401") ?? 0) + (statuses.get("429") ?? 0)).toBe(30_000);
    expect((await server.residentBytes()) - before).toBeLessThan(40_000_000);
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
