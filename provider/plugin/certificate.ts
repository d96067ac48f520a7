/**
 * The certificate of one plugin process. There is one shape, one curve and one signature algorithm, so its DER is
 * written here directly: an X.509 library costs more to load (0.1 s) than everything else before the handshake.
 *
 * Core trusts exactly this certificate, connects as `localhost`, and is written in Go. Hence: a SAN (Go ignores the common
 * name), CA true with certSign (it must be acceptable as its own root), and serverAuth. With clientAuth
 * beside it, as in go-plugin's own certificates, tests can play the host with one of these.
 */

import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A key and its self-signed certificate. */
export interface Identity {
  readonly privateKeyPem: string;
  readonly certificateDer: Buffer;
}

/** Longer than any run; a process makes its own and takes it to the grave. */
const validDays = 3650;

const dayMs = 86_400_000;

/** Makes a P-256 identity for `localhost`, valid from a minute before `now`. */
export function createIdentity(now: Date): Identity {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const body = certificateBody(now, publicKey.export({ format: "der", type: "spki" }));
  const signature = sign("sha256", body, privateKey);
  return {
    privateKeyPem: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    certificateDer: der(tag.sequence, body, ecdsaWithSha256, der(tag.bitString, Buffer.of(0), signature)),
  };
}

/** The PEM form that TLS libraries take. */
export function certificatePem(certificateDer: Buffer): string {
  const lines = certificateDer.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  dnsName: 0x82,
  version: 0xa0,
  extensions: 0xa3,
} as const;

/** Object identifiers, in their encoded form. */
const oid = {
  ecdsaWithSha256: "2a8648ce3d040302",
  commonName: "550403",
  subjectAltName: "551d11",
  basicConstraints: "551d13",
  keyUsage: "551d0f",
  extendedKeyUsage: "551d25",
  serverAuth: "2b06010505070301",
  clientAuth: "2b06010505070302",
} as const;

const ecdsaWithSha256 = der(tag.sequence, identifier(oid.ecdsaWithSha256));

/** RFC 5280, section 4.1.2: everything that is signed. */
function certificateBody(now: Date, publicKeyInfo: Buffer): Buffer {
  const name = der(
    tag.sequence,
    der(
      tag.set,
      der(tag.sequence, identifier(oid.commonName), der(tag.utf8String, Buffer.from("localhost"))),
    ),
  );
  const validity = der(
    tag.sequence,
    time(new Date(now.getTime() - 60_000)),
    time(new Date(now.getTime() + validDays * dayMs)),
  );
  return der(
    tag.sequence,
    der(tag.version, der(tag.integer, Buffer.of(2))),
    der(tag.integer, serialNumber()),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKeyInfo,
    der(tag.extensions, der(tag.sequence, ...extensions())),
  );
}

function extensions(): Buffer[] {
  const certificateAuthority = der(tag.sequence, der(tag.boolean, Buffer.of(0xff)));
  // digitalSignature (bit 0) and keyCertSign (bit 5); the first byte counts the unused bits.
  const usage = der(tag.bitString, Buffer.of(2, 0b1000_0100));
  const bothEnds = der(tag.sequence, identifier(oid.serverAuth), identifier(oid.clientAuth));
  const localhost = der(tag.sequence, der(tag.dnsName, Buffer.from("localhost")));
  return [
    criticalExtension(oid.basicConstraints, certificateAuthority),
    criticalExtension(oid.keyUsage, usage),
    extension(oid.extendedKeyUsage, bothEnds),
    extension(oid.subjectAltName, localhost),
  ];
}

function extension(id: string, value: Buffer): Buffer {
  return der(tag.sequence, identifier(id), der(tag.octetString, value));
}

function criticalExtension(id: string, value: Buffer): Buffer {
  return der(tag.sequence, identifier(id), der(tag.boolean, Buffer.of(0xff)), der(tag.octetString, value));
}

/** 127 random bits below a leading one: positive, and always 16 bytes long. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

/** Years from 2050 on have another type (RFC 5280, section 4.1.2.5). */
function time(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/[-:T]|\..*$/g, "")}Z`;
  return date.getUTCFullYear() < 2050
    ? der(tag.utcTime, Buffer.from(digits.slice(2)))
    : der(tag.generalizedTime, Buffer.from(digits));
}

function identifier(encoded: string): Buffer {
  return der(tag.objectIdentifier, Buffer.from(encoded, "hex"));
}

/** Tag, length, content. Nothing here is longer than 65,535 bytes. */
function der(type: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 128) {
    return Buffer.concat([Buffer.of(type, length), content]);
  }
  return length < 256
    ? Buffer.concat([Buffer.of(type, 0x81, length), content])
    : Buffer.concat([Buffer.of(type, 0x82, length >> 8, length & 0xff), content]);
}
