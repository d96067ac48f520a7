/** The provider as `npm run build` packs it, started and spoken to as Terraform does. */

import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import {
  type Connection,
  connect,
  createHostIdentity,
  hostEnvironment,
  type PluginProcess,
  startPlugin,
} from "../../../provider/plugin/host.ts";
import { healthCheck, protocol } from "../../../provider/plugin/messages.ts";
import { providerSchemaJson } from "../../../provider/plugin/schema-wire.ts";
import { createProvider, sourceAddress } from "../../../provider/provider.ts";
import { findTerraformClients, type TerraformClient, TerraformDirectory } from "../../terraform-cli.ts";

const { version }: { version: string } = JSON.parse(readFileSync("package.json", "utf8"));
const mirror = join(process.cwd(), "dist/mirror");
const versionDirectory = join(mirror, sourceAddress, version);
const packageDirectory = join(
  versionDirectory,
  `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`,
);
const executable = join(packageDirectory, `terraform-provider-keyward_v${version}`);

const temporary = mkdtempSync(join(tmpdir(), "keyward-test-"));
const identity = createHostIdentity();
const running: PluginProcess[] = [];
const connections: Connection[] = [];

afterEach(async () => {
  for (const connection of connections.splice(0)) {
    connection.close();
  }
  for (const plugin of running.splice(0)) {
    plugin.kill("SIGTERM");
    await plugin.exited;
  }
});

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

describe("a package", () => {
  test("is there for every platform that runs scripts, with exactly one file that Terraform takes for executable", () => {
    const platforms = readdirSync(versionDirectory);
    expect(platforms.sort()).toEqual(["darwin_amd64", "darwin_arm64", "linux_amd64", "linux_arm64"]);
    for (const platform of platforms) {
      const files = readdirSync(join(versionDirectory, platform));
      const candidates = files.filter((name) => /^terraform-provider-keyward([_.]|$)/.test(name));
      expect(candidates).toEqual([`terraform-provider-keyward_v${version}`]);
      expect(statSync(join(versionDirectory, platform, String(candidates[0]))).mode & 0o777).toBe(0o755);
    }
  });

  test("started by a human says what it is and how to use it, on stderr", async () => {
    const { exitCode, stdout, stderr } = await run([executable], {});
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain("This is a Terraform provider");
  });

  test("asked for help gives it", async () => {
    const { exitCode, stdout } = await run([executable, "--help"], {});
    expect(exitCode).toBe(0);
    expect(stdout).toContain("KEYWARD_ENDPOINT");
  });

  test("started by a host without protocol 6 says so in one line on stdout, where Terraform shows it", async () => {
    const environment = { ...hostEnvironment(identity), PLUGIN_PROTOCOL_VERSIONS: "4,5" };
    const { exitCode, stdout } = await run([executable], environment);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^This provider speaks plugin protocol 6 only.*\n$/);
  });

  test("without node on the PATH says so in one line on stdout", async () => {
    const { exitCode, stdout } = await run([executable], { ...hostEnvironment(identity), PATH: temporary });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^The Keyward provider needs Node\.js 20\.19 or later, and there is no node.*\n$/);
  });

  test("under an old node says so in one line on stdout", async () => {
    const pretend =
      'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"18.19.0"}});' +
      'Object.defineProperty(process,"version",{value:"v18.19.0"})';
    const command = [process.execPath, "--import", pretend, join(packageDirectory, "keyward-provider.cjs")];
    const { exitCode, stdout } = await run(command, hostEnvironment(identity));
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /^The Keyward provider needs Node\.js 20\.19 or later; the node on your PATH is v18\.19\.0\.\n$/,
    );
  });

  test("starts from its source when the code cache is not for this node", async () => {
    const directory = join(temporary, "foreign-cache");
    await cp(packageDirectory, directory, { recursive: true });
    const caches = readdirSync(directory).filter((name) => name.endsWith(".cache"));
    expect(caches).toHaveLength(1);
    writeFileSync(join(directory, String(caches[0])), Buffer.alloc(4096, 7));
    const plugin = await start([join(directory, `terraform-provider-keyward_v${version}`)]);
    expect(await schemaOf(plugin)).toBeDefined();
  });
});

describe("the handshake", () => {
  test("names protocol 6, a socket and a certificate without base64 padding", async () => {
    const plugin = await start([executable]);
    expect(plugin.handshake.protocolVersion).toBe(6);
    expect(plugin.handshake.listen.network).toBe("unix");
    const certificate = new X509Certificate(String(plugin.handshake.certificatePem));
    expect(certificate.subjectAltName).toBe("DNS:localhost");
    expect(plugin.line).toMatch(/^1\|6\|unix\|\/[^|]+\|grpc\|[A-Za-z0-9+/]{51,}$/);
  });

  test("offers a socket that nobody else can reach, in the directory the host asks for", async () => {
    const plugin = await start([executable], { PLUGIN_UNIX_SOCKET_DIR: temporary });
    const directory = dirname(plugin.handshake.listen.address);
    expect(dirname(directory)).toBe(temporary);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  test("without a client certificate has none either, and the service is plain", async () => {
    const plugin = await startPlugin([executable], hostEnvironment(null));
    running.push(plugin);
    expect(plugin.line).toMatch(/\|grpc\|$/);
    expect(await schemaOf(plugin, null)).toBeDefined();
  });
});

describe("a connection", () => {
  test("with the certificate that the host announced is served", async () => {
    expect(await schemaOf(await start([executable]))).toBeDefined();
  });

  test("with another certificate, or none, is refused, and the provider lives on", async () => {
    const plugin = await start([executable]);
    await expect(schemaOf(plugin, createHostIdentity())).rejects.toThrow("UNAVAILABLE");
    await expect(
      schemaOf({ ...plugin, handshake: { ...plugin.handshake, certificatePem: null } }),
    ).rejects.toThrow("UNAVAILABLE");
    expect(await schemaOf(plugin)).toBeDefined();
  });

  test("finds the services of go-plugin: health, output and broker", async () => {
    const connection = open(await start([executable]));
    const health = await connection.call(
      "/grpc.health.v1.Health/Check",
      healthCheck.request.encode({ service: "plugin" }),
    );
    expect(health.toString("hex")).toBe("0801");
    const streams = [
      connection.openStream("/plugin.GRPCStdio/StreamStdio"),
      connection.openDuplex("/plugin.GRPCBroker/StartStream"),
    ];
    const ended = Promise.race(
      streams.map((stream) => new Promise((resolve) => stream.on("status", resolve))),
    );
    expect(await Promise.race([ended, schemaCall(connection).then(() => "still open")])).toBe("still open");
    for (const stream of streams) {
      stream.on("error", () => undefined);
      stream.cancel();
    }
  });

  test("is told that a procedure is not implemented by exactly that status", async () => {
    const connection = open(await start([executable]));
    const failure = connection.call("/tfplugin6.Provider/ListResource");
    await expect(failure).rejects.toMatchObject({ code: 12 });
  });

  test("is told which objects have an identity", async () => {
    const connection = open(await start([executable]));
    const answer = await connection.call("/tfplugin6.Provider/GetResourceIdentitySchemas");
    const { identitySchemas, diagnostics } = protocol.GetResourceIdentitySchemas.response.decode(answer);
    expect(diagnostics).toEqual([]);
    expect(Object.keys(identitySchemas)).toContain("keyward_user");
  });
});

describe("the end", () => {
  test("comes at once when the host orders it, is answered, and leaves no socket", async () => {
    for (let round = 0; round < 5; round++) {
      const plugin = await start([executable]);
      const connection = open(plugin);
      const streams = [
        connection.openStream("/plugin.GRPCStdio/StreamStdio"),
        connection.openDuplex("/plugin.GRPCBroker/StartStream"),
      ];
      for (const stream of streams) {
        stream.on("error", () => undefined);
      }
      const startedMs = performance.now();
      expect(await connection.call("/plugin.GRPCController/Shutdown")).toHaveLength(0);
      expect(await plugin.exited).toBe(0);
      expect(performance.now() - startedMs).toBeLessThan(1_000);
      expect(existsSync(dirname(plugin.handshake.listen.address))).toBe(false);
    }
  });

  test("by SIGTERM leaves no socket either", async () => {
    const plugin = await start([executable]);
    plugin.kill("SIGTERM");
    expect(await plugin.exited).toBe(143);
    expect(existsSync(dirname(plugin.handshake.listen.address))).toBe(false);
  });

  test("does not come by SIGINT, which a terminal sends to the provider as well as to Terraform", async () => {
    const plugin = await start([executable]);
    await schemaOf(plugin);
    plugin.kill("SIGINT");
    expect(await schemaOf(plugin)).toBeDefined();
  });

  test("comes by itself, without a socket left, when the host is killed", async () => {
    // The shell plays a host that cannot say goodbye.
    const plugin = await start(["/bin/sh", "-c", `"${executable}" & wait`]);
    await schemaOf(plugin);
    plugin.kill("SIGKILL");
    const directory = dirname(plugin.handshake.listen.address);
    await expect.poll(() => existsSync(directory), { timeout: 5_000 }).toBe(false);
  });
});

for (const client of findTerraformClients()) {
  describe(`${client.name} with the package`, () => {
    test("prints the schema that we print ourselves, and sees the provider end in time", async () => {
      const workspace = new TerraformDirectory(
        client,
        { TF_LOG: "DEBUG", TF_LOG_PATH: "log" },
        { mirrors: [mirror] },
      );
      try {
        workspace.write(`terraform {
          required_providers { keyward = { source = "${sourceAddress}" } }
        }`);
        await workspace.succeed("init");
        const printed: unknown = JSON.parse(await workspace.succeed("providers", "schema", "-json"));
        expect(printed).toEqual(asPrintedBy(client, providerSchemaJson(createProvider({}), sourceAddress)));
        const log = workspace.read("log");
        expect(log).toMatch(/Served request: .*tf_rpc=GetProviderSchema/);
        expect(log).not.toContain("failed to exit gracefully");
      } finally {
        workspace.remove();
      }
    });
  });
}

/** OpenTofu 1.6 is older than write-only attributes, ephemeral resources and functions, and prints none of them. */
function asPrintedBy({ name }: TerraformClient, schema: object): unknown {
  const later = ["write_only", "ephemeral_resource_schemas", "functions"];
  return name.startsWith("OpenTofu v1.6.")
    ? JSON.parse(JSON.stringify(schema, (key, value) => (later.includes(key) ? undefined : value)))
    : schema;
}

async function start(
  command: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>> = {},
): Promise<PluginProcess> {
  const plugin = await startPlugin(command, { ...hostEnvironment(identity), ...environment });
  running.push(plugin);
  return plugin;
}

function open(plugin: PluginProcess, as: typeof identity | null = identity): Connection {
  const connection = connect(plugin.handshake, as);
  connections.push(connection);
  return connection;
}

async function schemaCall(connection: Connection) {
  const answer = protocol.GetProviderSchema.response.decode(
    await connection.call("/tfplugin6.Provider/GetProviderSchema"),
  );
  return answer.provider;
}

function schemaOf(plugin: PluginProcess, as: typeof identity | null = identity) {
  return schemaCall(open(plugin, as));
}

function run(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const [file = "", ...args] = command;
  const options = { env: { PATH: process.env["PATH"], ...environment } };
  return new Promise((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : Number(error.code);
      resolve({ exitCode, stdout, stderr });
    });
  });
}
