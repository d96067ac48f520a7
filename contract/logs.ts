import { z } from "zod";
import { rowKey } from "./row.ts";
import { readableTable } from "./table.ts";

/** A line of the audit trail as GET answers it. */
export const logRow = z
  .object({
    $key: rowKey,
    level: z.string().describe("`audit` for what was done, `warning` for what was refused."),
    timestamp: z.int().describe("When, in microseconds since the epoch."),
    user: z.string().describe("Name of the user who did it, at that time."),
    user_key: rowKey
      .nullable()
      .describe("Key of that user, which no other user ever has; null where nobody is known. Keyward's own."),
    credential: z
      .string()
      .describe(
        "What the user proved itself by: `API key` and its public id, `session` or `password`; empty if by nothing. Keyward's own.",
      ),
    address: z.string().describe("Where the user called from."),
    object_type: z.string(),
    object_name: z.string(),
    text: z.string().describe("What happened. Never holds a secret."),
  })
  .meta({ id: "Log" });

/** The endpoints of table `logs`, which the server alone writes. */
export const logs = readableTable({ table: "logs", noun: "log line", operation: "Log", row: logRow });
