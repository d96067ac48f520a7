import http from "node:http";
import path from "node:path";
import { detail, hold, tell } from "./narration.ts";
import { findNginx, freePort, layOutNginx, portOf, withGateway } from "./nginx.ts";
import { dist, type Sandbox } from "./sandbox.ts";

/** What is shown of a key once it is applied: with its secret, and when the key is gone. */
export interface GuardedUse {
  readonly secret: string;
  /** Revokes the key. */
  revoke(): Promise<void>;
}

/**
 * Puts nginx, as `examples/gateway/nginx.conf` has it, in front of an application, and calls it with the key: let through, from an address
 * that is denied, and revoked. Answers whether it could: without nginx there is nothing to show, which CI does not let pass.
 */
export async function useThroughNginx(sandbox: Sandbox, use: GuardedUse): Promise<boolean> {
  const nginx = findNginx();
  if (nginx === undefined) {
    if (process.env["CI"] !== undefined) {
      throw new Error("nginx is not installed, and in CI it must be");
    }
    tell("SKIPPED: nginx is not installed, so nothing calls through a gateway");
    return false;
  }
  const application = await startApplication();
  try {
    const port = await freePort();
    const ports = {
      keyward: Number(new URL(sandbox.url).port),
      application: portOf(application),
      gateway: port,
    };
    const example = path.join(dist, "../examples/gateway");
    const parameters = await layOutNginx(example, path.join(sandbox.folder, "nginx"), ports);
    await withGateway(nginx, parameters, port, () => callThrough(port, use));
    return true;
  } finally {
    application.close();
  }
}

async function callThrough(port: number, { secret, revoke }: GuardedUse): Promise<void> {
  tell("4. Call the application through nginx, with the key and without");
  const passed = await call(port, "127.0.0.1", secret);
  detail(`from 127.0.0.1, with the key: ${passed.status}, and the application says: ${passed.text}`);
  hold(passed.status === 200 && passed.text === "Good day, gateway-caller", "the key must pass");
  const reading = await call(port, "127.0.0.1", secret, "/vms/");
  detail(`GET /vms/, which takes the right to read vms: ${reading.status}`);
  hold(reading.status === 200, "the key must have the right");
  const nobody = await call(port, "127.0.0.1", undefined);
  detail(`without the key: ${nobody.status}`);
  hold(nobody.status === 401, "nobody passes without a key");
  const elsewhere = await call(port, "127.0.0.2", secret);
  detail(`from 127.0.0.2, which is not on the allow list: ${elsewhere.status}`);
  hold(elsewhere.status === 403, "the key must be refused from an address that is not allowed");
  await revoke();
  const revoked = await call(port, "127.0.0.1", secret);
  detail(`with the same key through nginx: ${revoked.status}`);
  hold(revoked.status === 401, "a revoked key must be refused");
}

/** An application that knows nothing of keys: it greets whom the gateway names. */
async function startApplication(): Promise<http.Server> {
  const application = http.createServer((request, response) => {
    response.end(`Good day, ${String(request.headers["x-keyward-user"])}`);
  });
  await new Promise<void>((resolve) => application.listen(0, "127.0.0.1", resolve));
  return application;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** With node's own client, because `fetch` cannot choose the address that it calls from. */
function call(port: number, from: string, secret: string | undefined, place = "/"): Promise<Answer> {
  const headers = secret === undefined ? {} : { Authorization: `Bearer ${secret}` };
  return new Promise((resolve, reject) => {
    http
      .get({ host: "127.0.0.1", port, path: place, localAddress: from, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
      })
      .once("error", reject);
  });
}
