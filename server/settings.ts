import { settings } from "../drizzle/schema.ts";
import type { Database } from "./database.ts";

/** A setting that the server acts on. */
export interface KnownSetting {
  readonly default: string;
  readonly description: string;
  /** The least and the most that it may be; undefined for one that is text. */
  readonly range?: readonly [min: number, max: number];
}

const year = 31_536_000;

/** The settings that the server acts on, by VergeOS' names where it has them; any other name is kept and not looked at. */
const knownSettings = {
  cloud_name: { default: "Keyward", description: "Name of this system." },
  max_connections: {
    default: "500",
    description: "Kept for clients of VergeOS; nothing here acts on it.",
    range: [1, 1_000_000],
  },
  session_expiration: {
    default: "259200",
    description: "Seconds from login after which a session ends.",
    range: [60, year],
  },
  session_inactivity: {
    default: "86400",
    description: "Seconds without a request after which a session ends.",
    range: [60, year],
  },
  max_sessions: {
    default: "100",
    description: "The most sessions of one user; the oldest give way.",
    range: [1, 10_000],
  },
  failed_login_lockout: {
    default: "0",
    description:
      "Wrong passwords in a row after which a user's password is refused for a while; 0 for never.",
    range: [0, 1000],
  },
  failed_login_lock_time: {
    default: "900",
    description: "Seconds for which the password is then refused.",
    range: [1, year],
  },
  login_rate_limit: {
    default: "30",
    description:
      "Wrong passwords a minute, for one user name or from one address, before more are answered with 429.",
    range: [1, 100_000],
  },
  password_min_length: { default: "8", description: "The least length of a new password.", range: [8, 256] },
  log_retention_days: {
    default: "45",
    description: "Days for which the audit trail is kept.",
    range: [1, 36_500],
  },
} as const satisfies Readonly<Record<string, KnownSetting>>;

/** The name of a setting that the server acts on. */
export type SettingName = keyof typeof knownSettings;

/** The setting by this name, if the server acts on one of this name. */
export function findKnownSetting(name: string): KnownSetting | undefined {
  return Object.entries<KnownSetting>(knownSettings).find(([known]) => known === name)?.[1];
}

/** The settings as they stand, in text. One that is not stored has its default. */
export async function readSettings(database: Database): Promise<(name: SettingName) => string> {
  const rows = await database.select({ key: settings.key, value: settings.value }).from(settings);
  const stored = new Map(rows.map((row) => [row.key, row.value]));
  return (name) => stored.get(name) ?? knownSettings[name].default;
}

/** The settings that are numbers; one that was stored as no number in its range has its default. */
export async function readNumbers(
  database: Database,
): Promise<(name: Exclude<SettingName, "cloud_name">) => number> {
  const textOf = await readSettings(database);
  return (name) => {
    const setting = knownSettings[name];
    const value = Number(textOf(name));
    const isFit = Number.isInteger(value) && value >= setting.range[0] && value <= setting.range[1];
    return isFit ? value : Number(setting.default);
  };
}

/** Stores the default of every setting that is not there yet. */
export async function seedSettings(database: Database): Promise<void> {
  const rows = Object.entries<KnownSetting>(knownSettings).map(([key, setting]) => ({
    key,
    value: setting.default,
    defaultValue: setting.default,
    description: setting.description,
  }));
  await database.insert(settings).values(rows).onConflictDoNothing();
}
