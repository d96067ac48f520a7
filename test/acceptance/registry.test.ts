import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findTerraformClients, TerraformDirectory } from "../terraform-cli.ts";
import { createStorage, KeywardServer } from "./keyward-server.ts";

describe.each(findTerraformClients())("the server as a registry for $name", (client) => {
  let server: KeywardServer;
  let certificate: string;

  beforeAll(async () => {
    server = await KeywardServer.start(await createStorage({ KEYWARD_TLS: "self-signed" }));
    certificate = path.join(server.storage.folder, "data/certificate.pem");
  });
  afterAll(() => server.remove());

  /** A directory that installs from anywhere, and trusts the server's certificate. */
  const open = (host: string, variables: Readonly<Record<string, string>> = {}) => {
    const environment = { SSL_CERT_FILE: certificate, TF_CLI_CONFIG_FILE: "/dev/null", ...variables };
    const directory = new TerraformDirectory(client, environment);
    directory.write(`terraform {
      required_providers { keyward = { source = "${host}/keyward/keyward" } }
    }
    resource "keyward_group" "it" { name = "from the registry" }`);
    return directory;
  };

  test("hands out its own provider over https, signed", async () => {
    const host = `localhost:${new URL(server.url).port}`;
    const token = await createToken(server, certificate);
    const directory = open(host, {
      KEYWARD_ENDPOINT: `https://${host}`,
      KEYWARD_TOKEN: token,
    });
    const initialised = await directory.succeed("init", "-input=false", "-no-color");
    expect(initialised).toMatch(
      /Installed localhost:\d+\/keyward\/keyward v0\.1\.0 \((self-signed|signed), key ID [0-9A-F]{16}\)/,
    );
    writeFileSync(
      path.join(directory.directory, "root/provider.tf"),
      `provider "keyward" { ca_cert = file(${JSON.stringify(certificate)}) }`,
    );
    await directory.succeed("apply", "-auto-approve", "-input=false");
    await directory.succeed("destroy", "-auto-approve", "-input=false");
    directory.remove();
  });

  test("is not believed when somebody on the way changed the package, or signed it anew", async () => {
    for (const tampered of [".zip", "SHA256SUMS", ".sig"]) {
      const proxy = await startTamperingProxy(server.url, certificate, tampered);
      const directory = open(`localhost:${proxy.port}`);
      const outcome = await directory.run("init", "-input=false", "-no-color");
      expect(outcome.exitCode).toBe(1);
      expect(outcome.output).toMatch(/checksum|signature/i);
      directory.remove();
      await proxy.stop();
    }
  });
});

async function createToken(server: KeywardServer, certificate: string): Promise<string> {
  const body = JSON.stringify({ user: 1, name: `registry ${Date.now()}` });
  const headers = {
    Authorization: `Basic ${Buffer.from("admin:correct horse battery").toString("base64")}`,
    "Content-Type": "application/json",
  };
  const answer = await ask(
    `${server.url}/api/v4/user_api_keys`,
    certificate,
    { method: "POST", headers },
    body,
  );
  return String(JSON.parse(answer.body.toString("utf8")).key);
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

function ask(
  url: string,
  certificate: string,
  options: http.RequestOptions = {},
  body = "",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = https.request(url, { ...options, ca: readFileSync(certificate) }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Somebody with a certificate that is trusted, between the client and the server, who changes one kind of file. */
async function startTamperingProxy(target: string, certificate: string, ending: string) {
  const key = certificate.replace("certificate.pem", "certificate-key.pem");
  const options = { cert: readFileSync(certificate), key: readFileSync(key) };
  const proxy = https.createServer(options, (request, response) => {
    ask(target + (request.url ?? "/"), certificate).then(
      ({ status, headers, body }) => {
        const isTarget = request.url?.endsWith(ending) === true;
        if (isTarget) {
          const middle = Math.floor(body.length / 2);
          body.writeUInt8((body.readUInt8(middle) + 1) % 256, middle);
        }
        response.writeHead(status, {
          "content-type": headers["content-type"] ?? "",
          "content-length": body.length,
        });
        response.end(body);
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    stop: () =>
      new Promise<void>((resolve) => {
        proxy.closeAllConnections();
        proxy.close(() => resolve());
      }),
  };
}

describe("the packages", () => {
  test("are the same for the same build, and run where they are unpacked", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "keyward-packages-"));
    const names = readdirSync("dist/registry");
    expect(names.filter((name) => name.endsWith(".zip"))).toHaveLength(4);
    const sums = readFileSync("dist/registry/terraform-provider-keyward_0.1.0_SHA256SUMS", "utf8");
    expect(sums.trim().split("\n")).toHaveLength(5);
    expect(sums).toMatch(/^[0-9a-f]{64} {2}terraform-provider-keyward_0\.1\.0_manifest\.json$/m);
    rmSync(folder, { recursive: true });
  });
});
