/**
 * Terraform's side of the protocol, as far as the build, the benchmark and the tests have to play it: start a plugin,
 * read its handshake, call it over mutual TLS.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Client, type ClientDuplexStream, type ClientReadableStream, credentials } from "@grpc/grpc-js";
import { certificatePem, createIdentity, type Identity } from "./certificate.ts";
import { type ListenAddress, magicCookie } from "./handshake.ts";

/** What a plugin says of itself in its one line. */
export interface Handshake {
  readonly protocolVersion: number;
  readonly listen: ListenAddress;
  /** Null when it serves without TLS. */
  readonly certificatePem: string | null;
}

/** A running plugin. */
export interface PluginProcess {
  /** The handshake as it was printed, without the newline. */
  readonly line: string;
  readonly handshake: Handshake;
  /** Resolves to the exit code once the process has ended; null if a signal ended it. */
  readonly exited: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

/** A connection to a plugin. Requests and answers are bytes of protobuf messages. */
export interface Connection {
  /** `method` is the full HTTP/2 path, `/service/method`. */
  call(method: string, request?: Uint8Array): Promise<Buffer>;
  openStream(method: string): ClientReadableStream<Buffer>;
  openDuplex(method: string): ClientDuplexStream<Buffer, Buffer>;
  close(): void;
}

/** The environment that a host gives its plugin. Without an identity the plugin serves without TLS. */
export function hostEnvironment(identity: Identity | null): Record<string, string> {
  return {
    [magicCookie.name]: magicCookie.value,
    PLUGIN_PROTOCOL_VERSIONS: "5,6",
    PLUGIN_MIN_PORT: "10000",
    PLUGIN_MAX_PORT: "25000",
    ...(identity === null ? {} : { PLUGIN_CLIENT_CERT: certificatePem(identity.certificateDer) }),
  };
}

/** Starts an executable as a plugin. Its stderr is this process's. */
export async function startPlugin(
  command: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): Promise<PluginProcess> {
  const [file, ...args] = command;
  const child = spawn(file, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env["PATH"], ...environment },
  });
  const exited = once(child, "exit").then(([code]: unknown[]) => (typeof code === "number" ? code : null));
  const line = await Promise.race([firstLine(child.stdout), exited.then(() => null)]);
  if (line === null) {
    throw new Error("the plugin ended before its handshake");
  }
  return {
    line,
    handshake: parseHandshake(line),
    exited,
    kill: (signal) => void child.kill(signal),
  };
}

/** Reads the line that a plugin prints first. */
function parseHandshake(line: string): Handshake {
  const [core, version, network, address, protocol, certificate] = line.trim().split("|");
  if (
    core !== "1" ||
    protocol !== "grpc" ||
    address === undefined ||
    (network !== "unix" && network !== "tcp")
  ) {
    throw new Error(`not a handshake: ${line}`);
  }
  return {
    protocolVersion: Number(version),
    listen: { network, address },
    certificatePem: certificate ? certificatePem(Buffer.from(certificate, "base64")) : null,
  };
}

/** Connects as the host that holds `identity`. */
export function connect(handshake: Handshake, identity: Identity | null): Connection {
  const { network, address } = handshake.listen;
  const client = new Client(network === "unix" ? `unix:${address}` : address, trust(handshake, identity));
  const bytes = (content: Buffer) => content;
  return {
    call: (method, request = new Uint8Array()) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest<Buffer, Buffer>(
          method,
          bytes,
          bytes,
          Buffer.from(request),
          (error, answer) => {
            if (error !== null || answer === undefined) {
              reject(error ?? new Error("no answer"));
            } else {
              resolve(answer);
            }
          },
        );
      }),
    openStream: (method) => client.makeServerStreamRequest(method, bytes, bytes, Buffer.alloc(0)),
    openDuplex: (method) => client.makeBidiStreamRequest(method, bytes, bytes),
    close: () => client.close(),
  };
}

/** Makes an identity for a host. */
export function createHostIdentity(): Identity {
  return createIdentity(new Date());
}

/** Trusts exactly the certificate of the handshake, as go-plugin does. */
function trust({ certificatePem: server }: Handshake, identity: Identity | null) {
  if (server === null || identity === null) {
    return credentials.createInsecure();
  }
  return credentials.createSsl(
    Buffer.from(server),
    Buffer.from(identity.privateKeyPem),
    Buffer.from(certificatePem(identity.certificateDer)),
  );
}

async function firstLine(stdout: NodeJS.ReadableStream): Promise<string> {
  const [line]: unknown[] = await once(createInterface({ input: stdout }), "line");
  return String(line);
}
