import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificatePem, createIdentity, type Identity } from "../../../provider/plugin/certificate.ts";

const now = new Date("2026-11-23T12:00:00Z");

describe("a certificate", () => {
  const certificate = new X509Certificate(createIdentity(now).certificateDer);

  test("has what core checks: localhost as SAN, its own authority, server authentication", () => {
    expect(certificate.subjectAltName).toBe("DNS:localhost");
    expect(certificate.ca).toBe(true);
    expect(certificate.keyUsage).toContain("1.3.6.1.5.5.7.3.1");
    expect(certificate.checkHost("localhost")).toBe("localhost");
  });

  test("is signed by its own P-256 key", () => {
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
    expect(certificate.checkIssued(certificate)).toBe(true);
  });

  test("is valid from a minute before, for longer than any run", () => {
    expect(new Date(certificate.validFrom)).toEqual(new Date("2026-11-23T11:59:00Z"));
    expect(new Date(certificate.validTo).getTime() - now.getTime()).toBeGreaterThan(365 * 86_400_000);
  });

  test("has a date beyond 2049 in the other form that RFC 5280 asks for", () => {
    const late = new X509Certificate(createIdentity(new Date("2045-01-01T00:00:00Z")).certificateDer);
    expect(new Date(late.validTo).getUTCFullYear()).toBe(2054);
  });

  test("is another one for every process, and never malformed", () => {
    const serials = Array.from(
      { length: 200 },
      () => new X509Certificate(createIdentity(new Date()).certificateDer).serialNumber,
    );
    expect(new Set(serials).size).toBe(200);
    expect(serials.every((serial) => serial.length === 32)).toBe(true);
  });
});

describe("a TLS server with it", () => {
  const serverIdentity = createIdentity(new Date());
  const clientIdentity = createIdentity(new Date());
  let server: Server;
  let port: number;

  beforeAll(async () => {
    server = createServer({
      key: serverIdentity.privateKeyPem,
      cert: certificatePem(serverIdentity.certificateDer),
      ca: certificatePem(clientIdentity.certificateDer),
      requestCert: true,
    });
    server.on("secureConnection", (socket) => socket.end("welcome"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
  });

  afterAll(() => void server.close());

  test("lets in the client whose certificate it was told", async () => {
    expect(await greeting(clientIdentity)).toBe("welcome");
  });

  test("refuses every other client", async () => {
    expect(await greeting(createIdentity(new Date()))).toBe("refused");
    expect(await greeting(null)).toBe("refused");
  });

  async function greeting(identity: Identity | null): Promise<string> {
    const socket = connect({
      host: "127.0.0.1",
      port,
      servername: "localhost",
      ca: certificatePem(serverIdentity.certificateDer),
      ...(identity === null
        ? {}
        : { key: identity.privateKeyPem, cert: certificatePem(identity.certificateDer) }),
    });
    // With TLS 1.3 a refusal reaches the client after its own handshake, as an error or as an end without a word.
    const word = await Promise.race([once(socket, "data"), once(socket, "end")]).catch(() => []);
    return word.length === 0 ? "refused" : String(word[0]);
  }
});
