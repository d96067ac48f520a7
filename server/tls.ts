import { X509Certificate } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import type { TlsConfig } from "./config.ts";

/** A certificate and its private key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const yearMs = 365 * 86_400_000;
/** A certificate that has less than this left is made anew at the next start. */
const renewMs = 30 * 86_400_000;

/**
 * The certificate that the server speaks TLS with; undefined when it does not. A self-signed one is made once, for
 * localhost and the address that is listened on, and kept in the data folder, so that clients that trust it need not
 * learn another one at each start.
 */
export async function readCertificate(
  tls: TlsConfig,
  dataDir: string,
  host: string,
  nowMs: number,
): Promise<Certificate | undefined> {
  switch (tls.mode) {
    case "off":
      return undefined;
    case "files":
      return { cert: await readFile(tls.certificateFile, "utf8"), key: await readFile(tls.keyFile, "utf8") };
    case "self-signed":
      return (await findCertificate(dataDir, host, nowMs)) ?? (await makeCertificate(dataDir, host, nowMs));
    default:
      return tls satisfies never;
  }
}

function filesIn(dataDir: string) {
  return { cert: path.join(dataDir, "certificate.pem"), key: path.join(dataDir, "certificate-key.pem") };
}

async function findCertificate(
  dataDir: string,
  host: string,
  nowMs: number,
): Promise<Certificate | undefined> {
  const files = filesIn(dataDir);
  const cert = await readFile(files.cert, "utf8").catch(() => undefined);
  const key = await readFile(files.key, "utf8").catch(() => undefined);
  if (cert === undefined || key === undefined) {
    return undefined;
  }
  const certificate = new X509Certificate(cert);
  const isLasting = Date.parse(certificate.validTo) - nowMs > renewMs;
  const found = isAddress(host) ? certificate.checkIP(host) : certificate.checkHost(host);
  return isLasting && found !== undefined ? { cert, key } : undefined;
}

async function makeCertificate(dataDir: string, host: string, nowMs: number): Promise<Certificate> {
  // A tenth of a second to load, which no start but the first needs.
  const { generate } = await import("selfsigned");
  const made = await generate([{ name: "commonName", value: "Keyward" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    // A day early, for clients whose clock is behind.
    notBeforeDate: new Date(nowMs - 86_400_000),
    notAfterDate: new Date(nowMs + yearMs),
    extensions: [
      // Its own authority, so that clients can be told to trust exactly it.
      { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
      { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: altNames(host) },
    ],
  });
  const certificate = { cert: made.cert, key: made.private };
  // With a Postgres, nothing else may have made the folder.
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const files = filesIn(dataDir);
  await writeWhole(files.key, certificate.key, 0o600);
  await writeWhole(files.cert, certificate.cert, 0o644);
  return certificate;
}

const typeDns = 2;
const typeIp = 7;

function altNames(host: string) {
  const addresses = new Set(["127.0.0.1", "::1", ...(isAddress(host) ? [host] : [])]);
  const names = new Set(["localhost", ...(isAddress(host) ? [] : [host])]);
  return [
    ...[...names].map((value) => ({ type: typeDns, value }) as const),
    ...[...addresses].map((ip) => ({ type: typeIp, ip }) as const),
  ];
}

function isAddress(host: string): boolean {
  return /^[\d.]+$|:/.test(host);
}

/** Beside its place first, so that a process killed meanwhile leaves no half of a file. */
async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  await writeFile(`${file}.unfinished`, text, { mode });
  await rename(`${file}.unfinished`, file);
}
