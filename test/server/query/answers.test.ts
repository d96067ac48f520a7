import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databasesUnderTest } from "../../databases.ts";
import { TestServer } from "../test-server.ts";

const groups = "/api/v4/groups";

/** The language of queries as a client sees it: the table of groups, whose text may be anything. */
describe.each(databasesUnderTest())("a query on $name", ({ open }) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(await open());
    const rows = [
      { name: "Alpha", description: "first", email: "alpha@example.org" },
      { name: "alphabet", description: "100% of_it", enabled: false },
      { name: "Beta", description: "it's {curly} \\ back" },
      { name: "beta", description: "" },
    ];
    for (const row of rows) {
      await server.create(groups, row);
    }
    await server.delete("/api/v4/members/1");
    await server.create("/api/v4/members", { parent_group: 2, member: "groups/3" });
    await server.create("/api/v4/members", { parent_group: 2, member: "users/1" });
  });
  afterAll(() => server.stop());

  const ask = (query: Readonly<Record<string, string>>, path = groups) =>
    server.list(`${path}?${new URLSearchParams(query)}`);
  const refusal = async (query: Readonly<Record<string, string>>, path = groups) =>
    server.refusal(`${path}?${new URLSearchParams(query)}`, {});
  const named = async (filter: string) =>
    (await ask({ filter: `(${filter}) and $key gt 1`, fields: "name" })).map((row) => row["name"]);

  test.each([
    ["name eq 'Alpha'", ["Alpha"]],
    ["name eq 'alpha'", []],
    ["name ne 'Alpha'", ["alphabet", "Beta", "beta"]],
    ["name gt 'Beta'", ["alphabet", "beta"]],
    ["name ge 'Beta'", ["alphabet", "Beta", "beta"]],
    ["name lt 'Beta'", ["Alpha"]],
    ["name le 'Beta'", ["Alpha", "Beta"]],
    ["name bw 'Al'", ["Alpha"]],
    ["name ew 'eta'", ["Beta", "beta"]],
    ["name ct 'ALPHA'", ["Alpha", "alphabet"]],
    ["name cs 'alpha'", ["alphabet"]],
    ["name rx '^[Ab]'", ["Alpha", "beta"]],
    ["name like '%eta'", ["Beta", "beta"]],
    ["name like 'Be_a'", ["Beta"]],
    ["name in ('beta', 'Alpha', 'other')", ["Alpha", "beta"]],
    ["description ct '%'", ["alphabet"]],
    ["description cs '_'", ["alphabet"]],
    ["description eq 'it''s {curly} \\ back'", ["Beta"]],
    ["description eq 'it\\'s \\{curly} \\\\ back'", ["Beta"]],
    ["description like '%\\%'", ["Beta"]],
    ["description eq ''", ["beta"]],
    ["description bw ''", ["Alpha", "alphabet", "Beta", "beta"]],
    ["enabled eq false", ["alphabet"]],
    ["enabled eq 0", ["alphabet"]],
    ["enabled ne 'true'", ["alphabet"]],
    ["enabled eq 'maybe'", []],
    ["$key eq 2 or $key eq '3'", ["Alpha", "alphabet"]],
    ["$key in (2, '3', 'x', 99999999999999999999999)", ["Alpha", "alphabet"]],
    [
      "$key lt 99999999999999999999999 and $key gt -99999999999999999999999",
      ["Alpha", "alphabet", "Beta", "beta"],
    ],
    ["$key gt 9223372036854775807", []],
    ["$key ge 'x'", []],
    ["$key ct '2'", ["Alpha"]],
    ["$display eq 'Beta'", ["Beta"]],
    ["member_count eq 2", ["Alpha"]],
    ["count(members) gt 0", ["Alpha"]],
    ["identity#owner#$display eq 'Beta'", ["Beta"]],
    ["upper(name) eq 'BETA'", ["Beta", "beta"]],
    ["created eq null", []],
    ["created ne null", ["Alpha", "alphabet", "Beta", "beta"]],
    ["created ge 1700000000 and created lt 9999999999999999", ["Alpha", "alphabet", "Beta", "beta"]],
    ["name eq 'Alpha' or name eq 'beta' and enabled eq false", ["Alpha"]],
  ])("filters by %s", async (filter, expected) => {
    expect(await named(filter)).toEqual(expected);
  });

  test.each([
    [
      "filter",
      "nme eq 'x'",
      'column 1: groups has nothing to compare called "nme"; it has $key, name, description,',
    ],
    ["filter", "name eq 'x' and members eq 1", 'column 17: groups has nothing to compare called "members"'],
    ["filter", "name#x eq 1", 'column 1: groups has nothing to compare called "name#x"'],
    ["filter", "name rx '('", "column 1: rx: the pattern is not a regular expression"],
    ["filter", "name eq", "column 8: expected a value"],
    ["sort", "-nme", 'column 2: groups has nothing to compare called "nme"'],
    ["fields", "name,rows[", "column 11: expected"],
  ])("is refused for %s=%s, with the column", async (parameter, text, message) => {
    const refused = await refusal({ [parameter]: text });
    expect(refused.status).toBe(422);
    expect(refused.err).toContain(`${parameter}: ${message}`);
  });

  test.each([
    ["limit", "many"],
    ["limit", "-1"],
    ["limit", "0x10"],
    ["limit", "1e3"],
    ["limit", ""],
    ["limit", "9".repeat(16)],
    ["offset", "1.5"],
  ])("is refused for %s=%s", async (parameter, text) => {
    expect((await refusal({ [parameter]: text })).err).toMatch(new RegExp(`^${parameter}: must `));
  });

  test("is refused for a parameter that is none, or that stands there twice", async () => {
    expect(await server.refusal("/api/v4/users?serach=x", {})).toEqual({
      status: 422,
      err: "serach: is not a parameter here; there are fields, filter, sort, limit, offset",
    });
    expect(await server.refusal("/api/v4/users/1?limit=1", {})).toEqual({
      status: 422,
      err: "limit: is not a parameter here; there is fields",
    });
    expect(await server.refusal("/api/v4/users?limit=1&fields=name&limit=2", {})).toEqual({
      status: 422,
      err: "limit: is there twice; send it once",
    });
    const update = { method: "PUT", body: {} };
    expect((await server.refusal("/api/v4/users/1?action=enable&action=disable", update)).status).toBe(422);
  });

  test("orders identities by their number, and compares them so, also where they are text", async () => {
    await server.createUser({ name: "identified" });
    const sorted = await ask(
      { fields: "identity", sort: "-identity", filter: "identity gt '1'" },
      "/api/v4/users",
    );
    const numbers = sorted.map((row) => Number(row["identity"]));
    expect(numbers).toEqual([...numbers].sort((one, other) => other - one));
    expect(sorted[0]?.["identity"]).toEqual(expect.any(String));
    const [highest = 0] = numbers;
    for (const filter of [`identity ge ${highest}`, `identity eq '${highest}'`, `identity bw '${highest}'`]) {
      expect(await ask({ fields: "identity", filter }, "/api/v4/users"), filter).toEqual([
        { identity: String(highest) },
      ]);
    }
    expect(await ask({ filter: "identity eq 'x'" }, "/api/v4/users")).toEqual([]);
  });

  test("answers the groups of users, in the way that VergeOS' documentation asks, and no more than may be seen", async () => {
    const person = await server.createBareUser("grouped");
    const [open, hidden] = await Promise.all(
      ["grouped open", "grouped hidden"].map((name) => server.create(groups, { name })),
    );
    for (const group of [open, hidden]) {
      await server.create("/api/v4/members", { parent_group: group, member: `users/${person.key}` });
    }
    const fields = "name,groups[all] as all_groups,count(groups) as n";
    const filter = `$key eq ${person.key}`;
    const named = (name: string) => expect.objectContaining({ name, system_group: false });
    expect(await ask({ fields, filter }, "/api/v4/users")).toEqual([
      { name: "grouped", all_groups: [named("grouped open"), named("grouped hidden")], n: 2 },
    ]);
    await server.grant(person.identity, "users", person.key, "list read");
    await server.grant(person.identity, "groups", open ?? 0, "list read");
    const own = await server.list(`/api/v4/users?fields=${encodeURIComponent(fields)}`, { as: person.as });
    expect(own).toEqual([{ name: "grouped", all_groups: [named("grouped open")], n: 1 }]);
    await Promise.all([open, hidden].map((group) => server.delete(`${groups}/${group}`)));
  });

  test("refuses a bad pattern alike, whatever there is to filter", async () => {
    const { as } = await server.createBareUser("pattern guesser");
    const refused = await server.refusal(`${groups}?filter=name rx '('`, { as });
    expect(refused).toEqual(await refusal({ filter: "name rx '('" }));
  });

  test("does not multiply rows by rows, however it is nested", async () => {
    const keys = "/api/v4/user_api_keys";
    for (let place = 0; place < 30; place += 1) {
      await server.createApiKey({ user: 1, name: `many ${place}` });
    }
    const nested =
      "user#api_keys[user#api_keys[user#api_keys[$key]]],user[name,api_keys[$key],count(api_keys)]";
    const answer = await ask({ fields: nested, limit: "2" }, keys);
    expect(answer).toHaveLength(2);
    expect(answer[0]).toEqual({ user: { name: "admin", "count(api_keys)": expect.any(Number) } });
    const inside = await ask(
      { fields: "api_keys[name,user[name,count(api_keys)]]", filter: "$key eq 1" },
      "/api/v4/users",
    );
    expect(JSON.stringify(inside)).not.toContain("count(");
    const far = Array.from({ length: 150 }, () => "identity#owner#$display eq 'x'").join(" or ");
    expect((await refusal({ filter: far })).err).toMatch(
      /leads to rows of other tables more than 300 times$/,
    );
    const listed = Array.from({ length: 400 }, (_, place) => `'${place}'`).join(",");
    const heavy = Array.from({ length: 3 }, () => `identity#owner#$display in (${listed})`).join(" or ");
    expect(await ask({ filter: heavy }), "its left side stands once").toEqual([]);
  });

  test("of lists has no comparison", async () => {
    expect((await refusal({ filter: "ip_allow_entries eq 'x'" }, "/api/v4/user_api_keys")).err).toBe(
      "filter: column 1: ip_allow_entries is a list, which cannot be compared",
    );
  });

  test("answers everything but rows without fields, and what is asked for with them", async () => {
    const [group] = await ask({ filter: "$key eq 2" });
    const [most] = await ask({ filter: "$key eq 2", fields: "most" });
    const [all] = await ask({ filter: "$key eq 2", fields: "all" });
    expect(most).toEqual(group);
    expect(Object.keys(group ?? {})).toContain("member_count");
    expect(Object.keys(group ?? {})).not.toContain("members");
    expect(all).toEqual({
      ...most,
      members: [
        expect.objectContaining({ member: "/v4/groups/3", member_display: "alphabet" }),
        expect.objectContaining({ member: "/v4/users/1", member_display: "admin" }),
      ],
    });
    expect(await ask({ filter: "$key eq 2", fields: "summary" })).toEqual([
      { $key: 2, name: "Alpha", description: "first", enabled: true },
    ]);
  });

  test("ignores what is not there, and answers ways, functions and selections", async () => {
    const fields =
      "$key,$display,nme,expires_type,nme#x,name#x,frobnicate(name),upper(name) as big,display(enabled) as on,identity#owner#$display as owner,count(members) as n,members[$key,member#name as who,parent_group[name]] as list,member_count as count";
    expect(await ask({ filter: "$key eq 2", fields })).toEqual([
      {
        $key: 2,
        $display: "Alpha",
        big: "ALPHA",
        on: "true",
        owner: "Alpha",
        n: 2,
        list: [
          { $key: 2, who: "alphabet", parent_group: { name: "Alpha" } },
          { $key: 3, who: "admin", parent_group: { name: "Alpha" } },
        ],
        count: 2,
      },
    ]);
    expect(await ask({ filter: "$key eq 2", fields: "nothing,known" })).toEqual([{}]);
    expect(await ask({ filter: "$key eq 5", fields: "name,members[all] as list" })).toEqual([
      { name: "beta", list: [] },
    ]);
  });

  test("sorts by bytes, by several fields, up and down, and by the key among equals", async () => {
    const sorted = async (sort: string) =>
      (await ask({ sort, fields: "name", filter: "$key gt 1" })).map((row) => row["name"]);
    expect(await sorted("name")).toEqual(["Alpha", "Beta", "alphabet", "beta"]);
    expect(await sorted("-name")).toEqual(["beta", "alphabet", "Beta", "Alpha"]);
    expect(await sorted("enabled,-$key")).toEqual(["alphabet", "beta", "Beta", "Alpha"]);
    expect(await sorted("created")).toEqual(["Alpha", "alphabet", "Beta", "beta"]);
    expect(await sorted("-created")).toEqual(["Alpha", "alphabet", "Beta", "beta"]);
    expect(await sorted("-member_count, +name")).toEqual(["Alpha", "Beta", "alphabet", "beta"]);
  });

  test("is paged without a row twice or never, with 0 for no limit", async () => {
    const pages = await Promise.all(
      [0, 2, 4].map((offset) => ask({ limit: "2", offset: String(offset), sort: "enabled" })),
    );
    expect(new Set(pages.flat().map((row) => row["$key"])).size).toBe(5);
    expect(await ask({ limit: "0" })).toHaveLength(5);
    expect(await ask({ limit: "2", offset: "4" })).toHaveLength(1);
    expect(await ask({ offset: "9007199254740991" })).toEqual([]);
  });

  test("finds hostile text as data, in whatever way its quotes are written, and changes nothing by it", async () => {
    const hostile = fc.oneof(
      fc.constantFrom(
        "'; drop table users; --",
        "' or '1' eq '1",
        "\\'; --",
        "$1",
        "%",
        "_",
        "{}",
        "\\",
        "'",
        "''",
        "a\\'b",
        "null",
        "\u0000",
        "\ud800",
        "🔑",
      ),
      fc.string({ unit: "grapheme", maxLength: 20 }),
      fc.string({ unit: "binary", maxLength: 20 }),
    );
    const before = await ask({ fields: "name", filter: "$key le 5" });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(hostile, fc.boolean(), async (text, isDoubled) => {
        const quoted = isDoubled
          ? `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
          : `'${text.replaceAll(/[\\'{]/g, (character) => `\\${character}`)}'`;
        const isStorable = !/[\0\p{Cs}]/u.test(text);
        count += 1;
        const key = isStorable
          ? await server.create(groups, { name: `hostile ${count}`, description: `<${text}` })
          : 0;
        for (const filter of [
          `description eq ${quoted.replace("'", "'<")}`,
          `description bw ${quoted.replace("'", "'<")}`,
          `description ew ${quoted}`,
          `description cs ${quoted}`,
          `description ct ${quoted}`,
          `description in (${quoted.replace("'", "'<")})`,
        ]) {
          const found = await ask({ filter: `$key eq ${key} and ${filter}`, fields: "$key" });
          expect(found, filter).toEqual(isStorable ? [{ $key: key }] : []);
        }
        for (const filter of [
          `$key eq ${quoted}`,
          `enabled eq ${quoted}`,
          `name like ${quoted}`,
          `name gt ${quoted}`,
        ]) {
          const answer = await server.request(`${groups}?${new URLSearchParams({ filter, limit: "1" })}`);
          expect(answer.status, filter).toBe(200);
        }
        if (isStorable) {
          await server.delete(`${groups}/${key}`);
        }
      }),
      { numRuns: 40 },
    );
    expect(await ask({ fields: "name", filter: "$key le 5" })).toEqual(before);
  });

  test("answers the same to somebody without a grant, whatever there is to be hidden", async () => {
    const { as, identity } = await server.createBareUser("without a grant");
    await server.grant(identity, "groups", 5, "list");
    const fieldName = fc.constantFrom(
      "name",
      "description",
      "email",
      "$key",
      "identity",
      "member_count",
      "created",
      "count(members)",
      "identity#owner#name",
      "$display",
      "enabled",
    );
    const literal = fc.oneof(
      fc.constantFrom("'a'", "'secret'", "'%s%'", "0", "1", "true", "'SECRET'"),
      fc.nat(9).map(String),
    );
    const comparison = fc
      .tuple(
        fieldName,
        fc.constantFrom("eq", "ne", "gt", "ge", "lt", "le", "bw", "ew", "ct", "cs", "like"),
        literal,
      )
      .map((parts) => parts.join(" "));
    const nullness = fc
      .tuple(fieldName, fc.constantFrom("eq null", "ne null"))
      .map((parts) => parts.join(" "));
    const query = fc.record({
      filter: fc
        .array(fc.oneof(comparison, nullness), { minLength: 1, maxLength: 3 })
        .chain((terms) => fc.constantFrom(" and ", " or ").map((joint) => terms.join(joint))),
      sort: fc.tuple(fc.constantFrom("", "-"), fieldName).map((parts) => parts.join("")),
      fields: fc.constantFrom(
        "all",
        "most",
        "summary",
        "name,members[all]",
        "count(members),identity#owner#$display",
      ),
    });
    const queries = fc.sample(query, 40);
    const learn = async () =>
      Promise.all(
        queries.map(
          async (asked) => (await server.request(`${groups}?${new URLSearchParams(asked)}`, { as })).json,
        ),
      );
    const row = { description: "plain", email: "plain@example.org", id: "plain" };
    await server.put(`${groups}/5`, { email: row.email, id: row.id });
    const before = await learn();

    const hidden = await server.create(groups, { name: "secret", description: "secret" });
    await server.create("/api/v4/members", { parent_group: 5, member: `groups/${hidden}` });
    await server.put(`${groups}/5`, { email: "secret@example.org", id: "secret" });

    expect(await learn()).toEqual(before);
    expect(JSON.stringify(before)).not.toContain("plain");
  });
});
