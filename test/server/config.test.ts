import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "../../server/config.ts";

describe("the configuration", () => {
  test("has a default for everything, also where a variable is set to nothing", () => {
    const defaults = readConfig({});
    expect(defaults).toEqual({
      host: "127.0.0.1",
      port: 8400,
      databaseUrl: undefined,
      dataDir: "./.keyward",
      adminPassword: undefined,
      trustedProxies: [],
      logLevel: "info",
      tls: { mode: "off" },
      peppers: new Map(),
      cacheKeys: 20_000,
      staleSeconds: 0,
      workers: 1,
      upstreams: [],
      upstreamTimeoutMs: 300_000,
    });
    expect(readConfig({ KEYWARD_PORT: "", DATABASE_URL: "", HOME: "/root" })).toEqual(defaults);
  });

  test("says everything that is wrong at once, and shows no values", () => {
    const wrong = {
      KEYWARD_PORT: "70000",
      DATABASE_URL: "mysql://user:hunter22@host/db",
      KEYWARD_ADMIN_PASSWORD: "hunter2",
      KEYWARD_TRUSTED_PROXIES: "10.0.0.1/8,proxy.example.org",
      KEYWARD_LOG_LEVEL: "loud",
      KEYWARD_TLS: "yes",
      KEYWARD_PEPPER: "1:hunter2",
      KEYWARD_CACHE_KEYS: "many",
      KEYWARD_ON_DATABASE_LOSS: "open",
      KEYWARD_WORKERS: "0",
      KEYWARD_AI_UPSTREAMS: "local=ftp://hunter2",
    };
    const attempt = () => readConfig(wrong);
    expect(attempt).toThrow(ConfigError);
    for (const part of [
      "KEYWARD_PORT must be a port number",
      "DATABASE_URL must be a URL",
      "KEYWARD_ADMIN_PASSWORD must be at least 8",
      'KEYWARD_TRUSTED_PROXIES "10.0.0.1/8" has host bits set',
      'KEYWARD_TRUSTED_PROXIES "proxy.example.org" is a host name',
      "KEYWARD_LOG_LEVEL must be one of fatal",
      "KEYWARD_TLS must be off, self-signed or files",
      "KEYWARD_CACHE_KEYS must be a whole number",
      "KEYWARD_ON_DATABASE_LOSS must be closed, or stale: and a number of seconds",
      "KEYWARD_WORKERS must be at least 1",
      "KEYWARD_AI_UPSTREAMS must be names and base URLs",
      "KEYWARD_PEPPER must be versions with at least 32 bytes each in base64",
    ]) {
      expect(attempt).toThrow(part);
    }
    expect(attempt).not.toThrow(/hunter2/);
  });

  test("takes peppers by version, and files for TLS", () => {
    const [one, two] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const config = readConfig({
      KEYWARD_PEPPER: `1:${one.toString("base64")}, 2:${two.toString("base64")}`,
      KEYWARD_TLS: "files",
      KEYWARD_TLS_CERT: "cert.pem",
      KEYWARD_TLS_KEY: "key.pem",
    });
    expect([...config.peppers]).toEqual([
      [1, one],
      [2, two],
    ]);
    expect(config.tls).toEqual({ mode: "files", certificateFile: "cert.pem", keyFile: "key.pem" });
    const twice = `1:${one.toString("base64")},1:${two.toString("base64")}`;
    expect(() => readConfig({ KEYWARD_PEPPER: twice }), "a version twice").toThrow(/KEYWARD_PEPPER/);
    expect(() => readConfig({ KEYWARD_TLS: "files" })).toThrow("KEYWARD_TLS_CERT must name a PEM file");
  });

  test("refuses several processes on the embedded database, and takes them on Postgres", () => {
    expect(() => readConfig({ KEYWARD_WORKERS: "2" })).toThrow(
      "KEYWARD_WORKERS must be 1 without DATABASE_URL",
    );
    const url = "postgres://keyward@127.0.0.1/keyward";
    expect(readConfig({ KEYWARD_WORKERS: "2", DATABASE_URL: url }).workers).toBe(2);
    expect(readConfig({ KEYWARD_ON_DATABASE_LOSS: "stale:30" }).staleSeconds).toBe(30);
  });

  test("takes upstreams with their keys, each under its own name", () => {
    const { upstreams } = readConfig({
      KEYWARD_AI_UPSTREAMS: "local=http://127.0.0.1:11434/v1/, big-one=https://models.example.org/v1",
      KEYWARD_AI_KEY_BIG_ONE: "secret of the upstream",
    });
    expect(upstreams).toEqual([
      { name: "local", url: "http://127.0.0.1:11434/v1", key: undefined },
      { name: "big-one", url: "https://models.example.org/v1", key: "secret of the upstream" },
    ]);
  });
});
