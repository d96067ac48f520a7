import { logs as endpoints } from "../../contract/logs.ts";
import { logs, users } from "../../drizzle/schema.ts";
import type { QueryTable } from "../query/query-table.ts";
import { defineTable, ownRights } from "./define-table.ts";

const query: QueryTable = {
  name: "logs",
  table: logs,
  key: logs.key,
  keyType: "number",
  display: "text",
  summary: ["level", "timestamp", "user", "object_type", "object_name", "text"],
  fields: (column) => ({
    level: { kind: "value", type: "text", value: column(logs.level) },
    timestamp: { kind: "value", type: "number", value: column(logs.timestamp) },
    user: { kind: "value", type: "text", value: column(logs.user) },
    user_key: {
      kind: "value",
      type: "number",
      value: column(logs.userKey),
      references: [{ table: "users", on: users.key, equals: column(logs.userKey) }],
    },
    credential: { kind: "value", type: "text", value: column(logs.credential) },
    address: { kind: "value", type: "text", value: column(logs.address) },
    object_type: { kind: "value", type: "text", value: column(logs.objectType) },
    object_name: { kind: "value", type: "text", value: column(logs.objectName) },
    text: { kind: "value", type: "text", value: column(logs.text) },
  }),
};

/** Table `logs`, which the server alone writes. */
export const logsTable = defineTable({
  query,
  endpoints,
  singular: "log",
  rowsWithin: ownRights("logs", (column) => column(logs.key)),
});
