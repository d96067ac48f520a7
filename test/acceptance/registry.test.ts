import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { inflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packForRegistry } from "../../provider/pack.ts";
import { connect, createHostIdentity, hostEnvironment, startPlugin } from "../../provider/plugin/host.ts";
import { protocol } from "../../provider/plugin/messages.ts";
import { findTerraformClients, TerraformDirectory } from "../terraform-cli.ts";
import { anyStorage, KeywardServer } from "./keyward-server.ts";

describe.each(findTerraformClients())("the server as a registry for $name", (client) => {
  let server: KeywardServer;
  let certificate: string;

  beforeAll(async () => {
    server = await KeywardServer.start(await anyStorage({ KEYWARD_TLS: "self-signed" }));
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
  const packages = "dist/registry";
  const { version }: { version: string } = JSON.parse(readFileSync("package.json", "utf8"));
  const folder = mkdtempSync(path.join(tmpdir(), "keyward-packages-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("are the same, to the byte, when the same build is packed again", async () => {
    const again = path.join(folder, "again");
    await packForRegistry(`dist/mirror/registry.terraform.io/keyward/keyward/${version}`, again, version);
    const names = readdirSync(packages).sort();
    expect(readdirSync(again).sort()).toEqual(names);
    expect(names.filter((name) => name.endsWith(".zip"))).toHaveLength(4);
    for (const name of names) {
      const isSame = readFileSync(path.join(again, name)).equals(readFileSync(path.join(packages, name)));
      expect(isSame, name).toBe(true);
    }
  });

  test("have the sums that are written of them", () => {
    const sums = readFileSync(`${packages}/terraform-provider-keyward_${version}_SHA256SUMS`, "utf8");
    const lines = sums.trim().split("\n");
    expect(lines).toHaveLength(5);
    for (const line of lines) {
      const [sum, name = ""] = line.split("  ");
      const content = readFileSync(path.join(packages, name));
      expect(createHash("sha256").update(content).digest("hex"), name).toBe(sum);
    }
  });

  test("run where they are unpacked", async () => {
    const platform = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
    const zip = readFileSync(`${packages}/terraform-provider-keyward_${version}_${platform}.zip`);
    const unpacked = path.join(folder, "unpacked");
    unpack(zip, unpacked);
    const identity = createHostIdentity();
    const executable = path.join(unpacked, `terraform-provider-keyward_v${version}`);
    const plugin = await startPlugin([executable], {
      PATH: process.env["PATH"] ?? "",
      ...hostEnvironment(identity),
    });
    const connection = connect(plugin.handshake, identity);
    const answer = await connection.call("/tfplugin6.Provider/GetMetadata");
    const { resources } = protocol.GetMetadata.response.decode(answer);
    expect(resources).toContainEqual({ typeName: "keyward_api_key" });
    await connection.call("/plugin.GRPCController/Shutdown");
    connection.close();
    await plugin.exited;
  });
});

/** Unpacks a zip as clients do: by its central directory, with the modes that it has for Unix. */
function unpack(zip: Buffer, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [method, size, nameLength] = [
      zip.readUInt16LE(at + 10),
      zip.readUInt32LE(at + 20),
      zip.readUInt16LE(at + 28),
    ];
    const name = zip.toString("utf8", at + 46, at + 46 + nameLength);
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const content = zip.subarray(start, start + size);
    const mode = (zip.readUInt32LE(at + 38) >>> 16) & 0o777;
    writeFileSync(path.join(folder, name), method === 0 ? content : inflateRawSync(content), { mode });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
}
