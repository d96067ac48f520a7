import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, connect as open, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Listener, listen } from "../../../provider/plugin/listener.ts";

describe("a listener", () => {
  let directory: string;
  const listeners: Listener[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "keyward-test-"));
  });

  afterEach(() => {
    for (const listener of listeners.splice(0)) {
      listener.close();
    }
    rmSync(directory, { recursive: true, force: true });
  });

  test("keeps early connections and what they said until somebody serves them", async () => {
    const listener = await start("linux", 0, 0);
    const client = open(listener.address.address);
    client.end("early words");
    await once(client, "finish");
    const served = await new Promise<Socket>((resolve) => listener.serveWith(resolve));
    expect(await text(served)).toBe("early words");
  });

  test("closes its connections and removes its socket with the directory", async () => {
    const listener = await start("linux", 0, 0);
    const client = open(listener.address.address);
    const served = await new Promise<Socket>((resolve) => listener.serveWith(resolve));
    const closed = once(client.resume(), "close");
    listener.close();
    await closed;
    expect(served.destroyed).toBe(true);
    expect(readdirSync(directory)).toEqual([]);
  });

  test("on Windows takes the first free port of the host's range, on the loopback address only", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const listener = await start("win32", port, port + 20);
    taken.close();
    expect(listener.address.network).toBe("tcp");
    const [host, chosen] = listener.address.address.split(":");
    expect(host).toBe("127.0.0.1");
    expect(Number(chosen)).toBeGreaterThan(port);
    const client = open(Number(chosen), "127.0.0.1");
    await once(client, "connect");
    client.destroy();
  });

  test("says so when every port of the range is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(start("win32", port, port)).rejects.toThrow(`Every port from ${port} to ${port} is in use`);
    taken.close();
  });

  /** Node would cut the path off without a word, and listen somewhere else. */
  test("refuses a directory whose path is too long for a socket", async () => {
    const tooLong = join(directory, "x".repeat(80));
    mkdirSync(tooLong);
    const options = { socketDirectory: tooLong, portMin: 0, portMax: 0 };
    await expect(listen(options, "linux")).rejects.toThrow("too long for a socket");
    expect(readdirSync(tooLong)).toEqual([]);
  });

  test("goes to /tmp when the path of the temporary directory is too long", async () => {
    vi.stubEnv("TMPDIR", join(directory, "x".repeat(80)));
    const listener = await listen({ socketDirectory: null, portMin: 0, portMax: 0 }, "linux");
    listeners.push(listener);
    vi.unstubAllEnvs();
    expect(listener.address.address).toMatch(/^\/tmp\/tf-plugin-\w{6}\/socket$/);
  });

  async function start(platform: string, portMin: number, portMax: number): Promise<Listener> {
    const listener = await listen({ socketDirectory: directory, portMin, portMax }, platform);
    listeners.push(listener);
    return listener;
  }
});

async function text(socket: Socket): Promise<string> {
  let all = "";
  for await (const chunk of socket) {
    all += String(chunk);
  }
  return all;
}
