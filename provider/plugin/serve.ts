/**
 * A provider as a process of its own, started by Terraform. The order is what makes it start fast: first the socket and
 * the handshake line, with node's own modules only; then, while the host connects, everything else.
 */

import { writeSync } from "node:fs";
import { ProviderError } from "./diagnostics.ts";
import { framesOf, kindOf } from "./diagnostics-wire.ts";
import {
  createMutualTls,
  type Environment,
  handshakeLine,
  type Invitation,
  type MutualTls,
  readInvitation,
} from "./handshake.ts";
import { type Listener, listen } from "./listener.ts";
import { createLogger, type Logger, levelFromEnvironment } from "./log.ts";
import type { Provider } from "./resource.ts";

/** What to serve. */
export interface ServeOptions {
  /** The type's name as in `terraform-provider-<name>`; also chooses TF_LOG_PROVIDER_<NAME>. */
  readonly name: string;
  /** The full source address, `registry.terraform.io/namespace/name`. */
  readonly sourceAddress: string;
  /** Gives the provider. Called after the handshake, so put its import in here. */
  readonly load: () => Promise<Provider>;
}

/** How often to look whether the host still lives. A host that is killed cannot say goodbye. */
const parentCheckMs = 1_000;

/** Takes over this process: serves the provider until the host shuts it down. */
export function serve(options: ServeOptions): void {
  keepStdoutForHandshake();
  const invitation = readInvitation(process.env);
  if (invitation.refused) {
    writeSync(invitation.forHost ? 1 : 2, `${invitation.text}\n`);
    process.exit(1);
  }
  const logger = createProcessLogger(options, process.env);
  process.on("uncaughtException", (error) => fail(logger, error));
  start(options, invitation, logger).catch((error: unknown) => fail(logger, error));
}

async function start(options: ServeOptions, invitation: Invitation, logger: Logger): Promise<void> {
  const { clientCertificatePem } = invitation;
  const tls = clientCertificatePem === null ? null : createMutualTls(clientCertificatePem, new Date());
  const listener = await listen(invitation.listen, process.platform);
  exitCleanly(listener);
  // Not through process.stdout: making that stream costs more than the write.
  writeSync(1, handshakeLine(listener.address, tls));
  await serveOn(listener, options, tls, logger);
}

async function serveOn(
  listener: Listener,
  options: ServeOptions,
  tls: MutualTls | null,
  logger: Logger,
): Promise<void> {
  const [{ createGrpcServer }, { providerCalls }, provider] = await Promise.all([
    import("./grpc-server.ts"),
    import("./provider-service.ts"),
    options.load(),
  ]);
  const calls = providerCalls(provider, { logger, elapsedMs: () => performance.now() });
  const server = createGrpcServer(calls, tls, () => process.exit(0));
  listener.serveWith(server.accept);
}

/** Whatever prints to stdout, prints to stderr: the host reads one line there and takes any other for a broken plugin. */
function keepStdoutForHandshake(): void {
  Object.defineProperty(process, "stdout", { configurable: true, get: () => process.stderr });
}

/**
 * Every way out removes the socket. Ctrl-C reaches the whole process group, but the host decides what happens then: it
 * sends StopProvider, and Shutdown when it is done. Stdin says nothing, it is the host's own.
 */
function exitCleanly(listener: Listener): void {
  process.on("exit", () => listener.close());
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => process.exit(143));
  process.on("SIGHUP", () => process.exit(129));
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) {
      process.exit(1);
    }
  }, parentCheckMs).unref();
}

function createProcessLogger({ name, sourceAddress }: ServeOptions, environment: Environment): Logger {
  return createLogger({
    level: levelFromEnvironment(environment, name),
    module: `provider.${name}`,
    fields: { tf_provider_addr: sourceAddress },
    now: () => new Date(),
    write: (line) => void process.stderr.write(line),
  });
}

/**
 * The text of an error that nobody expected may quote a secret, so only its kind and its place are told. A ProviderError
 * goes to stdout: Terraform shows what comes there instead of a handshake, and ignores it later.
 */
function fail(logger: Logger, error: unknown): never {
  logger.log("trace", "Thrown outside of any call", { error_kind: kindOf(error), stack: framesOf(error) });
  try {
    if (error instanceof ProviderError) {
      writeSync(1, `${error.message}\n`);
    } else {
      writeSync(
        2,
        `The provider failed: ${kindOf(error)}. Run again with TF_LOG_PROVIDER=TRACE to see where.\n`,
      );
    }
  } finally {
    // Also when the host has gone and nobody reads any more.
    process.exit(1);
  }
}
