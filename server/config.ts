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
}

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

const environment = z.object({
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
  };
}
