import { z } from "zod";
import { parseAddressList, splitAddressList } from "../contract/address-list.ts";
import type { AddressRule } from "../contract/address-rule.ts";

/** What the server is told by its environment, checked and typed. The only reader of it is {@link readConfig}. */
export interface Config {
  readonly host: string;
  /** 0 lets the system choose a free port; the log line "listening" says which. */
  readonly port: number;
  /** A Postgres URL; undefined means the embedded database in {@link Config.dataDir}. */
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  /** First password of user `admin`; undefined lets the first start draw one and print it. */
  readonly adminPassword: string | undefined;
  readonly trustedProxies: readonly AddressRule[];
  readonly logLevel: LogLevel;
  readonly tls: TlsConfig;
  /** What secrets are hashed under, by version; empty for plain SHA-256. */
  readonly peppers: ReadonlyMap<number, Uint8Array>;
  /** How many keys each process remembers. */
  readonly cacheKeys: number;
  /** How long verdicts are made from memory after the database is lost, in seconds; 0 for not at all. */
  readonly staleSeconds: number;
  /** How many processes serve. */
  readonly workers: number;
  /** Where the AI router hands requests to. */
  readonly upstreams: readonly UpstreamConfig[];
  /** How long an upstream may take until it begins to answer, in milliseconds. */
  readonly upstreamTimeoutMs: number;
}

/** An upstream of the AI router: its name, base URL, and the key that this server is let in with. */
interface UpstreamConfig {
  readonly name: string;
  readonly url: string;
  readonly key: string | undefined;
}

/** Whether, and by which certificate, the server speaks TLS. */
export type TlsConfig =
  | { readonly mode: "off" | "self-signed" }
  | { readonly mode: "files"; readonly certificateFile: string; readonly keyFile: string };

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

/** How much is logged, in pino's words. */
type LogLevel = (typeof logLevels)[number];

const port = z.coerce
  .number({ error: "must be a port number" })
  .int("must be a whole number")
  .min(0, "must be a port number from 0 to 65535")
  .max(65_535, "must be a port number from 0 to 65535");

const databaseUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, "must be a URL such as postgres://user:password@host:5432/database");

const trustedProxies = z.string().transform((list, context) => {
  const { rules, faults } = parseAddressList(splitAddressList(list));
  for (const message of faults) {
    context.addIssue({ code: "custom", message });
  }
  return rules;
});

const pepperPattern = /^([1-9]\d{0,3}):([A-Za-z0-9+/_-]{43,}={0,2})$/;

/** `1:<base64>`, and after a comma the next version: new secrets are hashed under the highest one. */
const peppers = z.string().transform((list, context) => {
  const entries = list.split(",").map((entry) => pepperPattern.exec(entry.trim()));
  const found = new Map<number, Uint8Array>();
  for (const entry of entries) {
    const version = Number(entry?.[1]);
    if (entry === null || found.has(version)) {
      context.addIssue({
        code: "custom",
        message: "must be versions with at least 32 bytes each in base64, such as 1:<base64>,2:<base64>",
      });
      return z.NEVER;
    }
    found.set(version, Buffer.from(entry[2] ?? "", "base64"));
  }
  return found;
});

/** How a number in the environment is written; zod would read an empty text or a blank as 0. */
const count = (max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.number().min(1, "must be at least 1").max(max, `must be at most ${max}`));

const onDatabaseLoss = z
  .string()
  .regex(
    /^(closed|stale:[1-9]\d{0,4})$/,
    "must be closed, or stale: and a number of seconds, such as stale:30",
  )
  .transform((text) => Number(text.split(":")[1] ?? 0));

/** `name=https://host/v1`, with commas between. */
const upstreams = z.string().transform((list, context) => {
  const found = new Map<string, string>();
  for (const entry of list.split(",")) {
    const [, name, url] = /^([a-z][a-z0-9-]{0,31})=(https?:\/\/[^\s,]+)$/.exec(entry.trim()) ?? [];
    if (name === undefined || url === undefined || !URL.canParse(url) || found.has(name)) {
      context.addIssue({
        code: "custom",
        message:
          "must be names and base URLs, each name once, such as local=http://127.0.0.1:11434/v1,other=https://...",
      });
      return z.NEVER;
    }
    found.set(name, url.replace(/\/+$/, ""));
  }
  return found;
});

const path = z.string().min(1, "must not be empty");

const environment = z
  .object({
    KEYWARD_HOST: z.string().min(1, "must not be empty").default("127.0.0.1"),
    KEYWARD_PORT: port.default(8400),
    DATABASE_URL: databaseUrl.optional(),
    KEYWARD_DATA_DIR: z.string().min(1, "must not be empty").default("./.keyward"),
    KEYWARD_ADMIN_PASSWORD: z
      .string()
      .min(8, "must be at least 8 characters")
      .max(256, "must be at most 256 characters")
      .optional(),
    KEYWARD_TRUSTED_PROXIES: trustedProxies.default([]),
    KEYWARD_LOG_LEVEL: z.enum(logLevels, { error: `must be one of ${logLevels.join(", ")}` }).default("info"),
    KEYWARD_TLS: z
      .enum(["off", "self-signed", "files"], { error: "must be off, self-signed or files" })
      .default("off"),
    KEYWARD_TLS_CERT: path.optional(),
    KEYWARD_TLS_KEY: path.optional(),
    KEYWARD_PEPPER: peppers.optional(),
    KEYWARD_CACHE_KEYS: count(10_000_000).default(20_000),
    KEYWARD_ON_DATABASE_LOSS: onDatabaseLoss.default(0),
    KEYWARD_WORKERS: count(128).default(1),
    KEYWARD_AI_UPSTREAMS: upstreams.optional(),
    KEYWARD_AI_TIMEOUT_SECONDS: count(3600).default(300),
  })
  .superRefine((values, context) => {
    if (values.KEYWARD_WORKERS > 1 && values.DATABASE_URL === undefined) {
      context.addIssue({
        code: "custom",
        path: ["KEYWARD_WORKERS"],
        message: "must be 1 without DATABASE_URL: the embedded database belongs to one process",
      });
    }
    for (const name of ["KEYWARD_TLS_CERT", "KEYWARD_TLS_KEY"] as const) {
      if (values.KEYWARD_TLS === "files" && values[name] === undefined) {
        context.addIssue({
          code: "custom",
          path: [name],
          message: "must name a PEM file when KEYWARD_TLS is files",
        });
      }
    }
  });

/** Says everything that is wrong with the environment at once. Its message shows no values: one may be a password. */
export class ConfigError extends Error {}

/** Reads the configuration; a variable that is set to nothing counts as not set. Throws {@link ConfigError}. */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  const present = Object.entries(variables).filter(([, value]) => value !== undefined && value !== "");
  const parsed = environment.safeParse(Object.fromEntries(present));
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${issue.path.join(".")} ${issue.message}`);
    throw new ConfigError(`the environment does not make a configuration:\n${faults.join("\n")}`);
  }
  return {
    host: parsed.data.KEYWARD_HOST,
    port: parsed.data.KEYWARD_PORT,
    databaseUrl: parsed.data.DATABASE_URL,
    dataDir: parsed.data.KEYWARD_DATA_DIR,
    adminPassword: parsed.data.KEYWARD_ADMIN_PASSWORD,
    trustedProxies: parsed.data.KEYWARD_TRUSTED_PROXIES,
    logLevel: parsed.data.KEYWARD_LOG_LEVEL,
    tls: tlsConfig(parsed.data),
    peppers: parsed.data.KEYWARD_PEPPER ?? new Map(),
    cacheKeys: parsed.data.KEYWARD_CACHE_KEYS,
    staleSeconds: parsed.data.KEYWARD_ON_DATABASE_LOSS,
    workers: parsed.data.KEYWARD_WORKERS,
    upstreams: [...(parsed.data.KEYWARD_AI_UPSTREAMS ?? [])].map(([name, url]) => ({
      name,
      url,
      key: variables[`KEYWARD_AI_KEY_${name.toUpperCase().replaceAll("-", "_")}`] || undefined,
    })),
    upstreamTimeoutMs: parsed.data.KEYWARD_AI_TIMEOUT_SECONDS * 1000,
  };
}

function tlsConfig(values: z.output<typeof environment>): TlsConfig {
  const { KEYWARD_TLS: mode, KEYWARD_TLS_CERT: certificateFile, KEYWARD_TLS_KEY: keyFile } = values;
  return mode === "files" && certificateFile !== undefined && keyFile !== undefined
    ? { mode, certificateFile, keyFile }
    : { mode: mode === "self-signed" ? mode : "off" };
}
