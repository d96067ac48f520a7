import type { Rights } from "../access/rights.ts";
import type { QueryScope } from "../query/query-table.ts";
import { userApiKeysTable } from "./api-key-table.ts";
import type { Table } from "./define-table.ts";
import { groupsTable } from "./groups.ts";
import { identitiesQuery } from "./identities.ts";
import { logsTable } from "./logs.ts";
import { membersTable } from "./members.ts";
import { permissionsTable } from "./permissions.ts";
import { settingsTable } from "./settings.ts";
import { usersTable } from "./users.ts";

/** Every v4 table whose rows are stored, in the order of the documentation. */
export const everyTable: readonly Table[] = [
  usersTable,
  groupsTable,
  membersTable,
  permissionsTable,
  userApiKeysTable,
  settingsTable,
  logsTable,
];

const byName = new Map(everyTable.map((table) => [table.query.name, table]));

const queryTables = new Map(
  [...everyTable.map((table) => table.query), identitiesQuery].map((query) => [query.name, query]),
);

/** What somebody with these rights may see of every table, also where one is joined to, counted or filtered by. */
export function scopeOf(rights: Rights): QueryScope {
  return {
    tables: queryTables,
    mayList: (name, column) => byName.get(name)?.rowsWithin(rights, "list", column),
    mayRead: (name, column) => byName.get(name)?.rowsWithin(rights, "read", column),
  };
}
