/** A provider inside a process that already runs, such as a test: Terraform connects to it instead of starting it. */

import { createGrpcServer } from "./grpc-server.ts";
import { listen } from "./listener.ts";
import { type Logger, silentLogger } from "./log.ts";
import { providerCalls } from "./provider-service.ts";
import type { Provider } from "./resource.ts";

/** A provider that waits for Terraform. */
export interface Reattached {
  /** The value of TF_REATTACH_PROVIDERS. */
  readonly environment: string;
  /** Closes every connection and removes the socket. */
  stop(): void;
}

/**
 * Serves without handshake and without TLS, as this mode demands: anybody who runs as the same user can connect.
 * `sourceAddress` is the full form, `registry.terraform.io/namespace/name`.
 */
export async function serveForReattach(
  provider: Provider,
  sourceAddress: string,
  logger: Logger = silentLogger,
): Promise<Reattached> {
  const listener = await listen(
    { socketDirectory: null, portMin: 10_000, portMax: 25_000 },
    process.platform,
  );
  const calls = providerCalls(provider, { logger, elapsedMs: () => performance.now() });
  // In this mode the host must not end us: others may reattach after it.
  const server = createGrpcServer(calls, null, null);
  listener.serveWith(server.accept);
  const { network, address } = listener.address;
  const reattach = {
    Protocol: "grpc",
    ProtocolVersion: 6,
    Pid: process.pid,
    Test: true,
    Addr: { Network: network, String: address },
  };
  return {
    environment: JSON.stringify({ [sourceAddress]: reattach }),
    stop() {
      server.close();
      listener.close();
    },
  };
}
