import { DrizzleQueryError } from "drizzle-orm/errors";
import { type DestinationStream, type Logger, pino } from "pino";
import pretty from "pino-pretty";

/** One JSON object a line for machines; readable lines for somebody at a terminal. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = { level, serializers: { err: describeError } };
  if (destination !== undefined) {
    return pino(options, destination);
  }
  return process.stdout.isTTY ? pino(options, pretty({ ignore: "pid,hostname" })) : pino(options);
}

/**
 * An error as the log has it. Of a statement that failed its text is told and never its values, nor what the database
 * quotes of them: among them are the hashes of secrets and passwords.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof DrizzleQueryError)) {
    return error instanceof Error ? pino.stdSerializers.err(error) : error;
  }
  const { cause, query } = error;
  const { name, message, stack } = cause ?? new Error("the statement failed");
  const code = cause !== undefined && "code" in cause ? cause.code : undefined;
  return { type: name, message, code, stack, statement: query };
}
