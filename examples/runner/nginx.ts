import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Ports in place of those that the files of `examples/gateway` name. */
export interface GatewayPorts {
  readonly keyward: number;
  readonly application: number;
  readonly gateway: number;
}

/** A file of the example, with the ports that it names replaced. */
export async function gatewayFile(folder: string, file: string, ports: GatewayPorts): Promise<string> {
  const text = await readFile(path.join(folder, file), "utf8");
  return text
    .replaceAll("8400", String(ports.keyward))
    .replaceAll("9000", String(ports.application))
    .replaceAll("8080", String(ports.gateway));
}

/** Where nginx is, on the PATH or where Debian has it; undefined where it is not installed. */
export function findNginx(): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(path.delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => path.join(folder, "nginx")).find((program) => existsSync(program));
}

const temporaryPaths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/** Lays the example's files out in a folder of its own, where nginx may write, and answers the parameters to start nginx with. */
export async function layOutNginx(
  example: string,
  folder: string,
  ports: GatewayPorts,
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const places = temporaryPaths.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ");
  const configuration = await gatewayFile(example, "nginx.conf", ports);
  await writeFile(
    path.join(folder, "nginx.conf"),
    configuration.replace("http {", `http { access_log off; ${places}`),
  );
  const identity = "keyward-identity.conf";
  await writeFile(path.join(folder, identity), await gatewayFile(example, identity, ports));
  const settings = `daemon off; pid ${folder}/pid; error_log stderr;`;
  return ["-p", folder, "-c", path.join(folder, "nginx.conf"), "-g", settings];
}

/** Runs a gateway, waits until it listens, and ends it by its process id whatever happens. */
export async function withGateway<T>(
  program: string,
  parameters: readonly string[],
  port: number,
  use: () => Promise<T>,
): Promise<T> {
  const gateway = spawn(program, [...parameters], { stdio: "ignore" });
  const ended = once(gateway, "exit");
  try {
    await untilListening(gateway, port);
    return await use();
  } finally {
    gateway.kill("SIGTERM");
    await ended;
  }
}

/** Waits until something listens on a port of this machine. Throws when the gateway ends before, or takes ten seconds. */
export async function untilListening(gateway: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline && gateway.exitCode === null) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
    if (isOpen) {
      return;
    }
    await sleep(50);
  }
  throw new Error("the gateway did not start");
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const port = portOf(probe);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** The port that a server listens on. */
export function portOf(server: net.Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
