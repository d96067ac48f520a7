import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  freePort,
  type GatewayPorts,
  gatewayFile,
  layOutNginx,
  portOf,
  untilListening,
} from "../../examples/runner/nginx.ts";
import { anyStorage, KeywardServer } from "./keyward-server.ts";

/** A gateway, and how the example's file is run with ports of the test's own. */
interface Gateway {
  readonly program: "nginx" | "caddy" | "haproxy";
  prepare(folder: string, ports: GatewayPorts): Promise<readonly string[]>;
}

const gateways: readonly Gateway[] = [
  {
    program: "nginx",
    prepare: (folder, ports) => layOutNginx("examples/gateway", folder, ports),
  },
  {
    program: "caddy",
    prepare: async (folder, ports) => {
      const config = `{\n\tadmin off\n}\n${await gatewayFile("examples/gateway", "Caddyfile", ports)}`;
      await writeFile(path.join(folder, "Caddyfile"), config);
      return ["run", "--config", `${folder}/Caddyfile`];
    },
  },
  {
    program: "haproxy",
    prepare: async (folder, ports) => {
      for (const file of ["haproxy.cfg", "keyward.lua"]) {
        await writeFile(path.join(folder, file), await gatewayFile("examples/gateway", file, ports));
      }
      return ["-db", "-C", folder, "-f", "haproxy.cfg"];
    },
  },
];

function isInstalled(program: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

for (const { program } of gateways) {
  if (!isInstalled(program)) {
    if (process.env["CI"] !== undefined) {
      throw new Error(`${program} is not installed, and in CI it must be`);
    }
    process.stderr.write(`SKIPPED: ${program} is not installed: its example does not run\n`);
  }
}

const seenByApplication = z.object({ headers: z.record(z.string(), z.unknown()), body: z.string() });

describe.each(gateways.filter(({ program }) => isInstalled(program)))(
  "the example for $program",
  (gateway) => {
    let keyward: KeywardServer;
    let application: http.Server;
    let proxy: ChildProcess;
    let port = 0;
    let folder = "";
    let user = 0;

    beforeAll(async () => {
      keyward = await KeywardServer.start(await anyStorage({ KEYWARD_TRUSTED_PROXIES: "127.0.0.1" }));
      application = http.createServer(async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) {
          chunks.push(chunk);
        }
        response.end(JSON.stringify({ headers: request.headers, body: Buffer.concat(chunks).toString() }));
      });
      await new Promise<void>((resolve) => application.listen(0, "127.0.0.1", resolve));
      port = await freePort();
      folder = await mkdtemp(path.join(tmpdir(), "keyward-gateway-"));
      const ports = {
        keyward: Number(new URL(keyward.url).port),
        application: portOf(application),
        gateway: port,
      };
      const parameters = await gateway.prepare(folder, ports);
      proxy = spawn(gateway.program, [...parameters], {
        stdio: "ignore",
        env: { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
      });
      await untilListening(proxy, port);
      user = await made("/api/v4/users", { name: "gateway user", type: "api" });
    });
    afterAll(async () => {
      const ended = once(proxy, "exit");
      proxy.kill("SIGTERM");
      await ended;
      application.close();
      await keyward.remove();
      await rm(folder, { recursive: true, force: true });
    });

    const made = async (place: string, body: unknown): Promise<number> => {
      const answer = await keyward.call(place, { method: "POST", body });
      return Number(z.object({ $key: z.string() }).parse(await answer.json()).$key);
    };

    const createKey = async (settings: Readonly<Record<string, unknown>>) => {
      const answer = await keyward.call("/api/v4/user_api_keys", {
        method: "POST",
        body: { user, ...settings },
      });
      return z.object({ $key: z.string(), key: z.string() }).parse(await answer.json());
    };

    /** A request of a client to the gateway, from an address of its own. */
    const send = (
      secret: string | undefined,
      given: { from?: string; place?: string; headers?: Record<string, string>; body?: string } = {},
    ): Promise<{ status: number; headers: http.IncomingHttpHeaders; text: string }> =>
      new Promise((resolve, reject) => {
        const request = http.request(
          {
            host: "127.0.0.1",
            port,
            path: given.place ?? "/",
            method: given.body === undefined ? "GET" : "POST",
            localAddress: given.from ?? "127.0.0.2",
            headers: {
              ...(secret === undefined ? {} : { Authorization: `Bearer ${secret}` }),
              ...given.headers,
            },
          },
          (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk) => chunks.push(chunk));
            response.on("end", () => {
              const text = Buffer.concat(chunks).toString();
              resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
            });
          },
        );
        request.once("error", reject);
        request.end(given.body);
      });

    test("lets a key pass and tells the application whose it is, and not the key", async () => {
      const { key } = await createKey({ name: "passes" });
      const answer = await send(key, { body: "a body" });

      expect(answer.status).toBe(200);
      const seen = seenByApplication.parse(JSON.parse(answer.text));
      expect(seen.body).toBe("a body");
      expect(seen.headers).toMatchObject({
        "x-keyward-user": "gateway user",
        "x-keyward-user-id": String(user),
        "x-keyward-key": "passes",
        "x-keyward-key-id": key.slice(3, 15),
      });
      expect(seen.headers["authorization"] ?? "").toBe("");
      expect(answer.text).not.toContain(key);
    });

    test("tells the application nothing that a client made up", async () => {
      const { key } = await createKey({ name: "forger" });
      const headers = {
        "X-Keyward-User": "admin",
        "X-Keyward-User-Id": "1",
        "X-Keyward-Groups": "Administrators",
      };
      const seen = seenByApplication.parse(JSON.parse((await send(key, { headers })).text));

      expect(seen.headers).toMatchObject({
        "x-keyward-user": "gateway user",
        "x-keyward-user-id": String(user),
      });
      expect(seen.headers["x-keyward-groups"] ?? "").toBe("");
    });

    test("refuses whom Keyward refuses, with its status and challenge", async () => {
      for (const secret of [undefined, "letmein"]) {
        const refused = await send(secret);
        expect(refused.status).toBe(401);
        expect(refused.headers["www-authenticate"]).toBe('Bearer realm="Keyward"');
      }
    });

    test("has the address judged that it saw, whatever the client says", async () => {
      const { key } = await createKey({ name: "fenced", ip_allow_list: "127.0.0.2" });

      expect((await send(key, { from: "127.0.0.2" })).status).toBe(200);
      expect((await send(key, { from: "127.0.0.3" })).status).toBe(403);
      for (const forged of ["127.0.0.2", "127.0.0.2, 127.0.0.1"]) {
        const headers = { "X-Forwarded-For": forged, "X-Real-IP": forged, Forwarded: `for=${forged}` };
        expect((await send(key, { from: "127.0.0.3", headers })).status).toBe(403);
      }
    });

    test("requires a right where its file says so", async () => {
      const bare = await made("/api/v4/users", { name: "may nothing", type: "api" });
      const { key } = await createKey({ user: bare, name: "vms" });
      const rows = z.array(z.record(z.string(), z.unknown()));
      const list = async (place: string) => rows.parse(await (await keyward.call(place)).json());
      const [row] = await list(`/api/v4/users?filter=$key eq ${bare}`);
      for (const { $key } of await list(`/api/v4/permissions?filter=identity eq ${row?.["identity"]}`)) {
        await keyward.call(`/api/v4/permissions/${$key}`, { method: "DELETE" });
      }

      expect((await send(key)).status).toBe(200);
      expect((await send(key, { place: "/vms/" })).status).toBe(403);
      await made("/api/v4/permissions", { identity: row?.["identity"], table: "vms", row: 0, read: true });
      expect((await send(key, { place: "/vms/" })).status).toBe(200);
    });

    test("refuses a key from the moment it is deleted", async () => {
      const { key, $key } = await createKey({ name: "short-lived" });
      expect((await send(key)).status).toBe(200);
      await keyward.call(`/api/v4/user_api_keys/${$key}`, { method: "DELETE" });
      expect((await send(key)).status).toBe(401);
    });

    test("lets nobody pass while Keyward is gone", async () => {
      const { key } = await createKey({ name: "last" });
      expect((await send(key)).status).toBe(200);
      await keyward.stop();
      expect((await send(key)).status).toBeGreaterThanOrEqual(500);
    });
  },
);
