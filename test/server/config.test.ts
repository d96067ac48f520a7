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
    ]) {
      expect(attempt).toThrow(part);
    }
    expect(attempt).not.toThrow(/hunter2/);
  });
});
