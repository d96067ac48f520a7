/**
 * The start of a go-plugin process: environment in, one line out. Everything here runs before the host connects, so it
 * loads nothing that is not built into node.
 */

import { certificatePem, createIdentity } from "./certificate.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The only protocol version that is served. */
const protocolVersion = 6;

/** The secret that is none: it tells a start by Terraform from a start by a curious human. */
export const magicCookie = {
  name: "TF_PLUGIN_MAGIC_COOKIE",
  value: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
} as const;

/** What TLS needs: our key and certificate, and the one client certificate that is let in. All PEM. */
export interface MutualTls {
  readonly privateKeyPem: string;
  readonly certificatePem: string;
  readonly clientCertificatePem: string;
  /** Our certificate as the handshake line says it: base64 of the DER without padding. */
  readonly certificateField: string;
}

/** Where to listen. */
export interface ListenOptions {
  /** Parent of the socket's own directory; null for the temporary directory. */
  readonly socketDirectory: string | null;
  /** Inclusive; for systems without unix sockets. */
  readonly portMin: number;
  readonly portMax: number;
}

/** Why a start is refused. `forHost` goes to stdout, where Terraform shows it; otherwise a human reads stderr. */
export type Refusal = { readonly refused: true; readonly forHost: boolean; readonly text: string };

/** A start that may go on. */
export interface Invitation {
  readonly refused: false;
  readonly listen: ListenOptions;
  /** Null when the host asked for none (reattach, TF_DISABLE_PLUGIN_TLS). */
  readonly clientCertificatePem: string | null;
}

/** Reads what the host asks for. */
export function readInvitation(environment: Environment): Invitation | Refusal {
  if (environment[magicCookie.name] !== magicCookie.value) {
    return {
      refused: true,
      forHost: false,
      text:
        "This is a Terraform provider: Terraform or OpenTofu starts it, it does nothing by itself.\n" +
        "Put it into a plugin directory or a filesystem mirror, then run terraform init.",
    };
  }
  const offered = (environment["PLUGIN_PROTOCOL_VERSIONS"] ?? "").split(",").map((text) => text.trim());
  if (!offered.includes(String(protocolVersion))) {
    return {
      refused: true,
      forHost: true,
      text: `This provider speaks plugin protocol ${protocolVersion} only, which needs Terraform 1.0 or OpenTofu 1.6 or later.`,
    };
  }
  return {
    refused: false,
    listen: {
      socketDirectory: environment["PLUGIN_UNIX_SOCKET_DIR"] || null,
      portMin: portOr(environment["PLUGIN_MIN_PORT"], 10_000),
      portMax: portOr(environment["PLUGIN_MAX_PORT"], 25_000),
    },
    clientCertificatePem: environment["PLUGIN_CLIENT_CERT"] || null,
  };
}

/** Makes this process's half of mutual TLS. */
export function createMutualTls(clientCertificatePem: string, now: Date): MutualTls {
  const { privateKeyPem, certificateDer } = createIdentity(now);
  return {
    privateKeyPem,
    clientCertificatePem,
    certificatePem: certificatePem(certificateDer),
    // Padding is what Go's RawStdEncoding refuses.
    certificateField: certificateDer.toString("base64").replace(/=+$/, ""),
  };
}

/** The handshake: core protocol 1, our protocol, the address, and our certificate. */
export function handshakeLine(address: ListenAddress, tls: MutualTls | null): string {
  return `1|${protocolVersion}|${address.network}|${address.address}|grpc|${tls?.certificateField ?? ""}\n`;
}

/** Where the host finds us. */
export interface ListenAddress {
  readonly network: "unix" | "tcp";
  readonly address: string;
}

function portOr(text: string | undefined, otherwise: number): number {
  const port = Number(text);
  return text !== undefined && Number.isInteger(port) && port > 0 && port < 65_536 ? port : otherwise;
}
