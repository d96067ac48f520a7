import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Rights } from "../../../server/access/rights.ts";
import type { Database, OpenDatabase } from "../../../server/database.ts";
import { rowsStatement } from "../../../server/query/select-rows.ts";
import { userApiKeysTable } from "../../../server/tables/api-key-table.ts";
import { scopeOf } from "../../../server/tables/every-table.ts";
import { logsTable } from "../../../server/tables/logs.ts";
import { permissionsTable } from "../../../server/tables/permissions.ts";
import { databasesUnderTest } from "../../databases.ts";

const users = 200;
const keysEach = 100;
const rows = users * keysEach;

/** A step of a plan that reads every row of a table that has many. */
const wholeTable = /"Node Type":"Seq Scan"[^}]*"Relation Name":"(user_api_keys|permissions|logs)"/;

/** Many keys of many users, without a server: what counts is how the database finds them. */
async function fill(database: Database): Promise<void> {
  await database.execute(sql`
    insert into identities (key) overriding system value select 1000 + n from generate_series(1, ${users}::int) n`);
  await database.execute(sql`
    insert into users (key, identity, id, name, displayname, email, type, enabled, physical_access, "system_user",
      created, creator, last_login, failed_attempts, account_locked, change_password, two_factor_authentication,
      two_factor_type, ssh_keys, theme)
    overriding system value
    select 1000 + n, 1000 + n, 'user ' || n, 'user ' || n, '', '', 'api', true, false, false, 0, '', 0, 0, 0, false, false,
      'email', '', ''
    from generate_series(1, ${users}::int) n`);
  await database.execute(sql`
    insert into user_api_keys ("user", name, description, created, expires, ip_allow_entries, ip_deny_entries,
      lastlogin_stamp, lastlogin_ip, secret_id, secret_hash, pepper_version)
    select 1001 + n % ${users}::int, 'key ' || n, '', 0, 0, '[]', '[]', 0, '', lpad(n::text, 12, '0'),
      decode(repeat('00', 32), 'hex'), 0
    from generate_series(1, ${users * keysEach}::int) n`);
  await database.execute(sql`
    insert into permissions (identity, "table", row, list, read, "create", modify, delete)
    select 1001 + n % ${users}::int, 'table_' || n % 25, n, true, false, false, false, false
    from generate_series(1, ${rows}::int) n`);
  await database.execute(sql`
    insert into logs (level, timestamp, "user", user_key, credential, address, object_type, object_name, text)
    select 'audit', 1000000::bigint * n, 'user', 1, '', '', 'user', 'user', 'text ' || n from generate_series(1, ${rows}::int) n`);
  await database.execute(sql`analyze`);
}

const noRights = { list: false, read: false, create: false, modify: false, delete: false };

describe.each(databasesUnderTest())("the plan of a list on $name", ({ open }) => {
  let opened: OpenDatabase;

  beforeAll(async () => {
    opened = await open();
    await fill(opened.database);
  });
  afterAll(() => opened.close());

  const planOf = async (
    query: Parameters<typeof rowsStatement>[3],
    rights = new Rights([], true),
    table = userApiKeysTable,
  ) => {
    const { build } = rowsStatement(opened.database, scopeOf(rights), table.query, query);
    const explained: unknown = await opened.database.execute(sql`explain (format json) ${build().getSQL()}`);
    return JSON.stringify(explained);
  };

  test("of one user's keys takes the index of that, one statement, and looks at nobody else's", async () => {
    const plan = await planOf({ filter: "user eq 1007", limit: 100 });
    expect(plan).toContain("user_api_keys_user_key_index");
    expect(plan).not.toMatch(wholeTable);
    const { build } = rowsStatement(opened.database, scopeOf(new Rights([], true)), userApiKeysTable.query, {
      filter: "user eq 1007",
      limit: 100,
    });
    expect(await build()).toHaveLength(100);
  });

  test("tries a filter on rows that may be listed alone, so that its time tells nothing of others", () => {
    const grant = {
      list: true,
      read: true,
      create: false,
      modify: true,
      delete: false,
      table: "users",
      row: 1007,
    };
    const { build } = rowsStatement(
      opened.database,
      scopeOf(new Rights([grant], false)),
      userApiKeysTable.query,
      {
        filter: "name rx 'key'",
      },
    );
    const statement = build().toSQL().sql;
    expect(statement).toMatch(
      /where \(\(.*\) and case when \(.* or .*\) then \(.*\) ~ \$\d+::text else false end\)/s,
    );
  });

  test("of log lines, newest first as every client asks, reads an index from its end", async () => {
    const auditor = { ...noRights, table: "logs", row: 0, list: true, read: true };
    for (const rights of [new Rights([], true), new Rights([auditor], false)]) {
      const plan = await planOf({ sort: "-timestamp", limit: 100 }, rights, logsTable);
      expect(plan).toMatch(/"Scan Direction":"Backward"[^}]*"Index Name":"logs_timestamp_index"/);
      expect(plan).not.toMatch(wholeTable);
    }
  });

  test.each(["identity eq 1007", "identity eq '1007'", "identity in ('1007', 1008)", "identity gt 1199"])(
    "of permissions with %s takes an index, because the number is compared",
    async (filter) => {
      const plan = await planOf({ filter, fields: "identity,table" }, new Rights([], true), permissionsTable);
      expect(plan).toContain("permissions_unique");
      expect(plan).not.toMatch(wholeTable);
      const { build } = rowsStatement(
        opened.database,
        scopeOf(new Rights([], true)),
        permissionsTable.query,
        { filter, fields: "identity" },
      );
      expect((await build()).length, "and finds them").toBeGreaterThanOrEqual(keysEach);
    },
  );

  test("of the keys that may be seen takes the same index", async () => {
    const grant = {
      list: true,
      read: true,
      create: false,
      modify: true,
      delete: false,
      table: "users",
      row: 1007,
    };
    const plan = await planOf({ filter: "name eq 'key 6'" }, new Rights([grant], false));
    expect(plan).toMatch(/user_api_keys_user_key_index|user_api_keys_user_name_unique/);
    expect(plan).not.toMatch(wholeTable);
  });
});
