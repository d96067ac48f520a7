/** The gRPC server: the provider's calls, and the services that go-plugin expects beside them. */

import type { Socket } from "node:net";
import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerWritableStream,
  status,
} from "@grpc/grpc-js";
import type { MutualTls } from "./handshake.ts";
import { connectionInfo, empty, healthCheck, stdioData } from "./messages.ts";
import type { MessageType, MessageValue } from "./protobuf-declaration.ts";
import type { Rpc } from "./rpc.ts";

/** As in HashiCorp's own servers; gRPC's default of 4 MB is less than a large plan. */
const messageBytesMax = 256 * 1024 * 1024;

/** A host that has ordered the end waits two seconds for it. */
const finishMsMax = 500;

type StdioData = MessageValue<typeof stdioData>;
type ConnectionInfo = MessageValue<typeof connectionInfo>;

/** A server without a port: connections are handed to it. */
export interface GrpcServer {
  accept(socket: Socket): void;
  close(): void;
}

/**
 * Makes the server. `onShutdown` runs once the host's order to shut down has been answered; null means that the host may
 * give the order, but that it is not obeyed.
 */
export function createGrpcServer(
  calls: readonly Rpc[],
  tls: MutualTls | null,
  onShutdown: (() => void) | null,
): GrpcServer {
  const server = new Server({
    "grpc.max_receive_message_length": messageBytesMax,
    "grpc.max_send_message_length": messageBytesMax,
    "grpc.enable_channelz": 0,
  });
  for (const call of calls) {
    registerCall(server, call);
  }
  registerHealth(server);
  const endStreams = registerStreams(server);
  registerShutdown(server, () => {
    if (onShutdown !== null) {
      endStreams();
      finish(server, onShutdown);
    }
  });
  const injector = server.createConnectionInjector(credentialsOf(tls));
  return {
    accept: (socket) => injector.injectConnection(socket),
    close: () => {
      injector.destroy();
      server.forceShutdown();
    },
  };
}

/** With the client's certificate as the only root, and required: nobody but the host that started us gets in. */
function credentialsOf(tls: MutualTls | null): ServerCredentials {
  if (tls === null) {
    return ServerCredentials.createInsecure();
  }
  const pair = { private_key: Buffer.from(tls.privateKeyPem), cert_chain: Buffer.from(tls.certificatePem) };
  return ServerCredentials.createSsl(Buffer.from(tls.clientCertificatePem), [pair], true);
}

function registerCall(server: Server, { name, call }: Rpc): void {
  const handler: handleUnaryCall<Buffer, Uint8Array> = ({ request }, callback) => {
    call(request).then(
      (response) => callback(null, response),
      () => callback({ code: status.INTERNAL, details: `${name} could not be answered` }),
    );
  };
  const identity = (bytes: Buffer) => bytes;
  server.register(`/tfplugin6.Provider/${name}`, handler, asBuffer, identity, "unary");
}

function registerHealth(server: Server): void {
  const handler: handleUnaryCall<
    MessageValue<typeof healthCheck.request>,
    MessageValue<typeof healthCheck.response>
  > = ({ request }, callback) => {
    if (request.service === "plugin" || request.service === "") {
      callback(null, { status: "SERVING" });
    } else {
      callback({ code: status.NOT_FOUND, details: "unknown service" });
    }
  };
  server.register(
    "/grpc.health.v1.Health/Check",
    handler,
    serializer(healthCheck.response),
    deserializer(healthCheck.request),
    "unary",
  );
}

/** Without this service the host waits two seconds at every stop, then kills. */
function registerShutdown(server: Server, onShutdown: () => void): void {
  const handler: handleUnaryCall<object, object> = (_call, callback) => {
    callback(null, {});
    onShutdown();
  };
  server.register(
    "/plugin.GRPCController/Shutdown",
    handler,
    serializer(empty),
    deserializer(empty),
    "unary",
  );
}

/** Lets the last answer out, for as long as that may take, then goes on. */
function finish(server: Server, onFinished: () => void): void {
  const timer = setTimeout(onFinished, finishMsMax);
  server.tryShutdown(() => {
    clearTimeout(timer);
    onFinished();
  });
}

/**
 * Opened by the host when it connects, and kept open in silence: our output is stderr, and there is nothing to broker.
 * Gives the function that ends them.
 */
function registerStreams(server: Server): () => void {
  const open = new Set<{ end(): void }>();
  const keepOpen = (
    call: ServerWritableStream<object, StdioData> | ServerDuplexStream<ConnectionInfo, ConnectionInfo>,
  ) => {
    open.add(call);
    const end = () => {
      open.delete(call);
      call.end();
    };
    call.on("cancelled", end);
    call.on("end", end);
    call.on("error", end);
  };
  const stdio: handleServerStreamingCall<object, StdioData> = keepOpen;
  const broker: handleBidiStreamingCall<ConnectionInfo, ConnectionInfo> = (call) => {
    keepOpen(call);
    call.resume();
  };
  server.register(
    "/plugin.GRPCStdio/StreamStdio",
    stdio,
    serializer(stdioData),
    deserializer(empty),
    "serverStream",
  );
  server.register(
    "/plugin.GRPCBroker/StartStream",
    broker,
    serializer(connectionInfo),
    deserializer(connectionInfo),
    "bidi",
  );
  return () => {
    for (const call of open) {
      call.end();
    }
  };
}

function serializer<T>(type: MessageType<T>): (value: T) => Buffer {
  return (value) => asBuffer(type.encode(value));
}

function deserializer<T>(type: MessageType<T>): (bytes: Buffer) => T {
  return (bytes) => type.decode(bytes);
}

/** A view, not a copy. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
