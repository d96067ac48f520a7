/**
 * The gRPC server: the provider's calls, and the services that go-plugin expects beside them. gRPC's wire format on
 * node:http2 (grpc.io, "gRPC over HTTP2"), as much of it as one host and unary calls need: a general gRPC library takes
 * as long for each call as the call itself, and longer to load than everything else.
 */

import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import type { MutualTls } from "./handshake.ts";
import { empty, healthCheck } from "./messages.ts";
import type { Rpc } from "./rpc.ts";

/** As in HashiCorp's own servers; gRPC's default of 4 MB is less than a large plan. */
const messageBytesMax = 256 * 1024 * 1024;

/** What a message may wait for, so that large ones are not sent in small steps. */
const windowBytes = 4 * 1024 * 1024;

/** A host that has ordered the end waits two seconds for it. */
const finishMsMax = 500;

/** The codes of gRPC that are answered here. */
const status = { ok: 0, notFound: 5, resourceExhausted: 8, unimplemented: 12, internal: 13 } as const;

/** A server without a port: connections are handed to it. */
export interface GrpcServer {
  accept(socket: Socket): void;
  close(): void;
}

/** What came of a call: a message, or why there is none. */
type Outcome = Uint8Array | { readonly code: number; readonly text: string };

type Handler = (request: Uint8Array) => Promise<Outcome>;

/**
 * Makes the server. `onShutdown` runs once the host's order to shut down has been answered; null means that the host may
 * give the order, but that it is not obeyed.
 */
export function createGrpcServer(
  calls: readonly Rpc[],
  tls: MutualTls | null,
  onShutdown: (() => void) | null,
): GrpcServer {
  const sessions = new Set<ServerHttp2Session>();
  const openStreams = new Set<ServerHttp2Stream>();
  const server = createHttp2Server(tls);
  const handlers = handlersOf(calls);
  server.on("session", (session) => {
    sessions.add(session);
    session.setLocalWindowSize(windowBytes);
    session.on("close", () => sessions.delete(session));
    // A host that is killed breaks the connection; there is nobody left to tell.
    session.on("error", () => session.destroy());
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => stream.destroy());
    const path = headers[":path"] ?? "";
    if (silentStreams.has(path)) {
      keepOpen(stream, path === brokerPath, openStreams);
      return;
    }
    answer(stream, headers, handlers.get(path)).then(
      () => {
        if (path === shutdownPath && onShutdown !== null) {
          finish(sessions, openStreams, onShutdown);
        }
      },
      () => stream.destroy(),
    );
  });
  return {
    accept: (socket) => void server.emit("connection", socket),
    close: () => {
      for (const session of sessions) {
        session.destroy();
      }
    },
  };
}

/** With the client's certificate as the only root, and required: nobody but the host that started us gets in. */
function createHttp2Server(tls: MutualTls | null): Http2Server | Http2SecureServer {
  // Megabytes of memory for one connection; the default is less than a large plan, and more is answered with an error.
  const options = { settings: { initialWindowSize: windowBytes }, maxSessionMemory: 1000 };
  if (tls === null) {
    return createServer(options);
  }
  const server = createSecureServer({
    ...options,
    key: tls.privateKeyPem,
    cert: tls.certificatePem,
    ca: tls.clientCertificatePem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return server;
}

const shutdownPath = "/plugin.GRPCController/Shutdown";

/** Our output is stderr, and there is nothing to broker. */
const brokerPath = "/plugin.GRPCBroker/StartStream";
const silentStreams: ReadonlySet<string> = new Set(["/plugin.GRPCStdio/StreamStdio", brokerPath]);

function handlersOf(calls: readonly Rpc[]): ReadonlyMap<string, Handler> {
  const provider = calls.map(({ name, call }): [string, Handler] => [
    `/tfplugin6.Provider/${name}`,
    (request) =>
      call(request).catch(() => ({ code: status.internal, text: `${name} could not be answered` })),
  ]);
  return new Map([
    ...provider,
    ["/grpc.health.v1.Health/Check", checkHealth],
    // Without this service the host waits two seconds at every stop, then kills.
    [shutdownPath, async () => empty.encode({})],
  ]);
}

async function checkHealth(request: Uint8Array): Promise<Outcome> {
  const { service } = healthCheck.request.decode(request);
  return service === "plugin" || service === ""
    ? healthCheck.response.encode({ status: "SERVING" })
    : { code: status.notFound, text: "unknown service" };
}

/** Resolves when the answer is on its way. */
async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  handler: Handler | undefined,
): Promise<void> {
  if (handler === undefined || !String(headers["content-type"]).startsWith("application/grpc")) {
    refuse(stream, status.unimplemented, "unknown call");
    return;
  }
  const request = await readMessage(stream);
  const outcome = request instanceof Uint8Array ? await handler(request) : request;
  if (stream.destroyed) {
    return;
  }
  if (!(outcome instanceof Uint8Array)) {
    refuse(stream, outcome.code, outcome.text);
    return;
  }
  await new Promise<void>((resolve) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.once("close", resolve);
    stream.end(framed(outcome));
  });
}

/** An answer without a message is headers alone. */
function refuse(stream: ServerHttp2Stream, code: number, text: string): void {
  const headers = {
    ":status": 200,
    "content-type": "application/grpc",
    "grpc-status": code,
    "grpc-message": text,
  };
  stream.respond(headers, { endStream: true });
  stream.resume();
}

/** One byte that says whether it is compressed, four for the length, then the message. */
const prefixBytes = 5;

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(prefixBytes + message.length);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, prefixBytes);
  return frame;
}

async function readMessage(stream: ServerHttp2Stream): Promise<Outcome> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes: Buffer = chunk;
    size += bytes.length;
    if (size > messageBytesMax) {
      return { code: status.resourceExhausted, text: `a message is larger than ${messageBytesMax} bytes` };
    }
    chunks.push(bytes);
  }
  const frame = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  if (frame.length < prefixBytes || frame.length !== prefixBytes + frame.readUInt32BE(1)) {
    return { code: status.internal, text: "the call does not have exactly one message" };
  }
  return frame.readUInt8(0) === 0
    ? frame.subarray(prefixBytes)
    : { code: status.unimplemented, text: "compressed messages are not read" };
}

/** Opened by the host when it connects, and kept open in silence until one of us ends. */
function keepOpen(
  stream: ServerHttp2Stream,
  endsWithHost: boolean,
  openStreams: Set<ServerHttp2Stream>,
): void {
  openStreams.add(stream);
  stream.on("close", () => openStreams.delete(stream));
  // The host of a one-way stream has said all it has to say with its first message.
  stream.on("end", () => (endsWithHost ? endStream(stream) : undefined));
  stream.on("aborted", () => stream.destroy());
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.resume();
}

function endStream(stream: ServerHttp2Stream): void {
  if (!stream.destroyed && !stream.writableEnded) {
    stream.end();
  }
}

/** Lets the last answers out, for as long as that may take, then goes on. */
function finish(
  sessions: ReadonlySet<ServerHttp2Session>,
  openStreams: ReadonlySet<ServerHttp2Stream>,
  onFinished: () => void,
): void {
  for (const stream of openStreams) {
    endStream(stream);
  }
  const timer = setTimeout(onFinished, finishMsMax);
  const closing = [...sessions].map((session) => new Promise<void>((resolve) => session.close(resolve)));
  void Promise.all(closing).then(() => {
    clearTimeout(timer);
    onFinished();
  });
}
