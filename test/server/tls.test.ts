import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { readCertificate } from "../../server/tls.ts";

const day = 86_400_000;

test("a certificate of our own is made where nothing is yet, kept, and made anew before it ends", async () => {
  const parent = await mkdtemp(path.join(tmpdir(), "keyward-tls-"));
  const folder = path.join(parent, "not/there/yet");
  const nowMs = Date.now();
  const read = (laterMs: number, host = "127.0.0.1") =>
    readCertificate({ mode: "self-signed" }, folder, host, nowMs + laterMs);

  const first = await read(0);
  const certificate = new X509Certificate(first?.cert ?? "");
  expect(certificate.checkHost("localhost")).toBe("localhost");
  expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(certificate.checkIP("::1")).toBe("::1");
  expect((await stat(path.join(folder, "certificate-key.pem"))).mode & 0o777).toBe(0o600);
  expect(await read(300 * day)).toEqual(first);
  expect(await read(340 * day), "it ends in 25 days").not.toEqual(first);
  expect(
    new X509Certificate((await read(0, "keys.example.org"))?.cert ?? "").checkHost("keys.example.org"),
  ).toBe("keys.example.org");
  await rm(parent, { recursive: true });
});
