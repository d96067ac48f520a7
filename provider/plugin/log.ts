/**
 * Log lines in the JSON form that hashicorp's hclog prints, which core parses from a plugin's stderr. Fields are names
 * and durations; values of attributes never come here.
 */

const levels = ["trace", "debug", "info", "warn", "error"] as const;

/** From the most to the least talkative. */
export type Level = (typeof levels)[number];

/** Facts beside the message, under hclog's key names. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** Writes what its level lets through. */
export interface Logger {
  log(level: Level, message: string, fields?: LogFields): void;
}

/** What a logger needs of the world. */
export interface LoggerOptions {
  /** Null writes nothing. */
  readonly level: Level | null;
  readonly module: string;
  /** Given to every line. */
  readonly fields: LogFields;
  readonly now: () => Date;
  readonly write: (line: string) => void;
}

/** Makes a logger. */
export function createLogger(options: LoggerOptions): Logger {
  const from = options.level === null ? levels.length : levels.indexOf(options.level);
  return {
    log(level, message, fields = {}) {
      if (levels.indexOf(level) >= from) {
        const head = {
          "@level": level,
          "@message": message,
          "@module": options.module,
          "@timestamp": timestamp(options.now()),
        };
        options.write(`${JSON.stringify({ ...head, ...options.fields, ...fields })}\n`);
      }
    },
  };
}

/** hclog takes a line for JSON of its own only if the seconds have six decimals. */
function timestamp(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}

/** A logger for tests and for hosts that want no log. */
export const silentLogger: Logger = { log: () => undefined };

/**
 * The level that Terraform's environment asks for: that of this provider, of all providers, of everything. `TF_LOG=JSON`
 * means trace. The host reads every line that we write, so filtering here saves work on both sides.
 */
export function levelFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  providerName: string,
): Level | null {
  const asked =
    environment[`TF_LOG_PROVIDER_${providerName.toUpperCase()}`] ??
    environment["TF_LOG_PROVIDER"] ??
    environment["TF_LOG"] ??
    "";
  const lower = asked.toLowerCase();
  if (lower === "" || lower === "off") {
    return null;
  }
  return levels.find((level) => level === lower) ?? "trace";
}
