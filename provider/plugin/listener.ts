/**
 * The socket. It listens before the gRPC server is even loaded: connections that come early wait, so that the host can
 * connect while we load.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProviderError } from "./diagnostics.ts";
import type { ListenAddress, ListenOptions } from "./handshake.ts";

/** A listening socket. */
export interface Listener {
  readonly address: ListenAddress;
  /** Hands over the connections that wait and all that come later. Once. */
  serveWith(accept: (socket: Socket) => void): void;
  /** Closes every connection and removes the socket. Synchronous, so that it can run while the process exits. */
  close(): void;
}

/** Listens where the host expects it; `platform` is process.platform. */
export async function listen(options: ListenOptions, platform: string): Promise<Listener> {
  const connections = new Set<Socket>();
  const waiting: Socket[] = [];
  let accept = (socket: Socket): void => void waiting.push(socket);
  const server = createServer((socket) => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
    // A host that is killed resets the connection; without a listener that would end this process with a stack trace.
    socket.on("error", () => socket.destroy());
    accept(socket);
  });
  const { address, remove } =
    platform === "win32" ? await listenTcp(server, options) : await listenUnix(server, options);
  return {
    address,
    serveWith(handOver) {
      accept = handOver;
      // Some may have given up by now.
      for (const socket of waiting.splice(0).filter((one) => !one.destroyed)) {
        handOver(socket);
      }
    },
    close() {
      server.close();
      for (const socket of connections) {
        socket.destroy();
      }
      remove();
    },
  };
}

interface Bound {
  readonly address: ListenAddress;
  readonly remove: () => void;
}

/** mkdtemp makes the directory with mode 0700, so nobody else can reach the socket, whatever the umask. */
async function listenUnix(server: Server, options: ListenOptions): Promise<Bound> {
  const directory = mkdtempSync(join(socketParent(options), "tf-plugin-"));
  const path = join(directory, "socket");
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    await bind(server, { path });
  } catch (error) {
    remove();
    throw error;
  }
  return { address: { network: "unix", address: path }, remove };
}

/**
 * Node 20 cuts a longer path off without a word: the socket would then lie elsewhere, perhaps in a directory that is not
 * ours alone. macOS takes 103 bytes, Linux 107.
 */
const socketPathBytesMax = 103;

/** What is appended to the parent: "/tf-plugin-" with six random characters, and "/socket". */
const ownPathBytes = 24;

function socketParent({ socketDirectory }: ListenOptions): string {
  const fits = (parent: string) => Buffer.byteLength(parent) + ownPathBytes <= socketPathBytesMax;
  const wanted = socketDirectory ?? tmpdir();
  if (fits(wanted)) {
    return wanted;
  }
  if (socketDirectory === null) {
    return "/tmp";
  }
  throw new ProviderError(
    `The path ${socketDirectory} is too long for a socket; PLUGIN_UNIX_SOCKET_DIR must be shorter`,
  );
}

async function listenTcp(server: Server, { portMin, portMax }: ListenOptions): Promise<Bound> {
  for (let port = portMin; port <= portMax; port++) {
    try {
      await bind(server, { host: "127.0.0.1", port });
      return { address: { network: "tcp", address: `127.0.0.1:${port}` }, remove: () => undefined };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) {
        throw error;
      }
    }
  }
  throw new ProviderError(`Every port from ${portMin} to ${portMax} is in use`);
}

function bind(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}
