import { execFile } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { connect } from "node:tls";
import { promisify } from "node:util";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { secretPattern } from "../../contract/secret.ts";
import { adminPassword, createStorage, emptyStorage, KeywardServer } from "./keyward-server.ts";

const execute = promisify(execFile);

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const failure = z.object({ code: z.number(), stdout: z.string(), stderr: z.string() });

async function keyward(
  parameters: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const env = { PATH: process.env["PATH"], ...variables };
  try {
    return { code: 0, ...(await execute(process.execPath, ["dist/cli/main.js", ...parameters], { env })) };
  } catch (error) {
    return failure.parse(error);
  }
}

/** The fingerprint of the certificate that a server shows. */
function shownCertificate(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { port: Number(new URL(url).port), host: "127.0.0.1", rejectUnauthorized: false },
      () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      },
    );
    socket.once("error", reject);
  });
}

describe("the command line, against a server that speaks TLS by a certificate of its own", () => {
  let server: KeywardServer;
  let variables: Record<string, string>;

  beforeAll(async () => {
    server = await KeywardServer.start(await createStorage({ KEYWARD_TLS: "self-signed" }));
    variables = {
      KEYWARD_ENDPOINT: server.url,
      KEYWARD_USERNAME: "admin",
      KEYWARD_PASSWORD: adminPassword,
      KEYWARD_CA_CERT: path.join(server.storage.folder, "data/certificate.pem"),
    };
  });
  afterAll(() => server.remove());

  test("lists, creates, rotates and deletes, for people and for scripts", async () => {
    expect(server.url).toMatch(/^https:/);
    const user = await keyward(["users", "create", "Deployer", "--json"], variables);
    expect(JSON.parse(user.stdout)).toEqual({ key: expect.stringMatching(/^\d+$/) });

    const create = [
      "keys",
      "create",
      "deploy",
      "--user",
      "deployer",
      "--expires",
      "90d",
      "--allow",
      "127.0.0.1",
      "--allow",
      "192.0.2.0/24",
    ];
    const created = await keyward(create, variables);
    const [, key = "", secret = ""] = /^key (\d+)\n(\S+)\n$/.exec(created.stdout) ?? [];
    expect(secret).toMatch(secretPattern);
    const own = {
      KEYWARD_ENDPOINT: server.url,
      KEYWARD_CA_CERT: variables["KEYWARD_CA_CERT"] ?? "",
      KEYWARD_TOKEN: secret,
    };
    const listed = await keyward(["keys", "list"], own);
    expect(listed.stdout).toMatch(/^KEY +USER +NAME +EXPIRES +LAST LOGIN +FROM\n/);
    expect(listed.stdout).toMatch(new RegExp(`^${key} +deployer +deploy +20\\d\\d-.*Z +`, "m"));

    const out = path.join(server.storage.folder, "secret");
    const rotated = await keyward(
      ["keys", "rotate", key, "--overlap", "1h", "--out", out, "--json"],
      variables,
    );
    expect(JSON.parse(rotated.stdout)).toEqual({ key: expect.any(String), file: out });
    expect(await readFile(out, "utf8")).toMatch(/^kw_\S+\n$/);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    expect((await keyward(["keys", "list"], own)).code, "the overlap").toBe(0);

    expect((await keyward(["keys", "delete", key], variables)).stdout).toBe(`deleted key ${key}\n`);
    const refused = await keyward(["keys", "list"], own);
    expect(refused).toEqual({ code: 3, stdout: "", stderr: "keyward: Login required\n" });
    const everyUser = await keyward(["users", "list", "--json"], variables);
    expect(z.array(z.object({ name: z.string() })).parse(JSON.parse(everyUser.stdout))).toHaveLength(2);
    await keyward(["users", "disable", "deployer"], variables);
    expect(
      (await keyward(["keys", "list"], { ...own, KEYWARD_TOKEN: (await readFile(out, "utf8")).trim() })).code,
    ).toBe(3);
  });

  test("makes no key, and rotates none, whose secret cannot be written", async () => {
    const taken = path.join(server.storage.folder, "taken");
    await writeFile(taken, "precious");
    const refused = await keyward(["keys", "create", "lost", "--user", "admin", "--out", taken], variables);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^keyward: EEXIST: file already exists/);
    expect(await readFile(taken, "utf8")).toBe("precious");
    expect((await keyward(["keys", "list"], variables)).stdout).not.toContain("lost");
    const kept = path.join(server.storage.folder, "kept");
    await keyward(["keys", "create", "kept", "--user", "admin", "--out", kept], variables);
    const listed = await keyward(["keys", "list", "--json"], variables);
    const keys = z.array(z.object({ $key: z.number(), name: z.string() })).parse(JSON.parse(listed.stdout));
    const key = keys.find(({ name }) => name === "kept")?.$key;
    expect((await keyward(["keys", "rotate", String(key), "--out", kept], variables)).code).toBe(1);
    const KEYWARD_TOKEN = (await readFile(kept, "utf8")).trim();
    expect((await keyward(["keys", "list"], { ...variables, KEYWARD_TOKEN })).code, "as it was").toBe(0);
    const failed = path.join(server.storage.folder, "failed");
    expect((await keyward(["keys", "rotate", "99999", "--out", failed], variables)).code).toBe(3);
    await expect(stat(failed)).rejects.toThrow("ENOENT");
  });

  test.each([
    [["--help"], 0, /serve .*\n.*migrate/],
    [["keys", "create", "--help"], 0, /--expires <time>/],
    [["frobnicate"], 2, /error: /],
    [["keys", "create", "x"], 2, /required option '--user <name>' not specified/],
    [
      ["keys", "create", "x", "--user", "admin", "--expires", "soon"],
      2,
      /or a length of time such as 90d, or never/,
    ],
    [["keys", "list", "--user", "nobody"], 2, /there is no user "nobody"/],
    [["keys", "delete", "no-number"], 3, /there is no key no-number/],
  ])("says how it is meant, and exits with what it means: %j", async (parameters, code, said) => {
    const outcome = await keyward(parameters, variables);
    expect(outcome.code).toBe(code);
    expect(outcome.stdout + outcome.stderr).toMatch(said);
    expect(outcome.stderr).not.toMatch(/\n\s+at /);
  });

  test("exits with another code when nobody answers, and when nobody is named", async () => {
    const silent = await keyward(["keys", "list"], { ...variables, KEYWARD_ENDPOINT: "https://127.0.0.1:9" });
    expect(silent.code).toBe(4);
    expect((await keyward(["keys", "list"], { KEYWARD_ENDPOINT: server.url })).stderr).toMatch(
      /^keyward: set KEYWARD_TOKEN/,
    );
    const untrusted = await keyward(["keys", "list"], { ...variables, KEYWARD_CA_CERT: "" });
    expect(untrusted.code).toBe(4);
    expect(untrusted.stderr).toMatch(/self-signed certificate/);
  });

  test("resets a password on the database of a stopped server, and the server takes it", async () => {
    const data = { KEYWARD_DATA_DIR: path.join(server.storage.folder, "data") };
    expect((await keyward(["admin", "reset-password"], data)).stderr).toMatch(/is in use by process \d+/);
    const before = await shownCertificate(server.url);
    await server.stop();
    expect((await keyward(["admin", "reset-password", "nobody"], data)).code).toBe(2);
    const reset = await keyward(["admin", "reset-password"], data);
    expect(reset.stdout).toMatch(/^\S{24}\n$/);
    expect((await keyward(["migrate"], data)).stdout).toBe("PGlite has the present schema\n");
    server = await KeywardServer.start(server.storage);
    expect(await shownCertificate(server.url), "the certificate is kept").toBe(before);
    const again = { ...variables, KEYWARD_ENDPOINT: server.url };
    expect((await keyward(["keys", "list"], again)).code).toBe(3);
    expect((await keyward(["keys", "list"], { ...again, KEYWARD_PASSWORD: reset.stdout.trim() })).code).toBe(
      0,
    );
  });
});

describe("a server with a certificate from files", () => {
  test("reads it again when it is told to, without a restart", async () => {
    const storage = await emptyStorage({});
    const certificateFile = path.join(storage.folder, "cert.pem");
    const keyFile = path.join(storage.folder, "key.pem");
    const renew = async () => {
      const made = await generate([{ name: "commonName", value: "localhost" }], { keyType: "ec" });
      await writeFile(certificateFile, made.cert);
      await writeFile(keyFile, made.private);
    };
    await renew();
    const files = { KEYWARD_TLS: "files", KEYWARD_TLS_CERT: certificateFile, KEYWARD_TLS_KEY: keyFile };
    const server = await KeywardServer.start({ ...storage, variables: files });
    const first = await shownCertificate(server.url);

    await renew();
    server.signal("SIGHUP");
    await expect.poll(() => shownCertificate(server.url)).not.toBe(first);

    const second = await shownCertificate(server.url);
    await writeFile(certificateFile, "no certificate");
    server.signal("SIGHUP");
    await expect.poll(() => server.output).toContain("the old one stays");
    expect(await shownCertificate(server.url)).toBe(second);
    await server.remove();
  });
});
