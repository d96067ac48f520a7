#!/usr/bin/env node
import { CommanderError } from "commander";
import { NoAnswer, RequestRefused } from "../client/errors.ts";
import { ConfigError } from "../server/config.ts";
import { createProgram } from "./program.ts";
import { UsageError } from "./usage-error.ts";

const exitCodes = { failed: 1, usage: 2, refused: 3, noAnswer: 4 } as const;

async function main(): Promise<number> {
  try {
    await createProgram().parseAsync(process.argv);
    return 0;
  } catch (error) {
    return report(error);
  }
}

/** Says what went wrong, in a line, and which kind of wrong it was, for scripts. Never a stack trace. */
function report(error: unknown): number {
  if (error instanceof CommanderError) {
    // Commander has said it already; asking for help is no fault.
    return error.exitCode === 0 ? 0 : exitCodes.usage;
  }
  process.stderr.write(`keyward: ${messageOf(error)}\n`);
  if (error instanceof ConfigError || error instanceof UsageError) {
    return exitCodes.usage;
  }
  if (error instanceof RequestRefused) {
    return exitCodes.refused;
  }
  return error instanceof NoAnswer ? exitCodes.noAnswer : exitCodes.failed;
}

/** Drizzle's message quotes the statement; the driver's, its cause, says what went wrong. */
function messageOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : "failed";
}

process.exitCode = await main();
