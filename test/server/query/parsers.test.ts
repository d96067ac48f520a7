import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Filter, operators, parseFilter, type Value } from "../../../server/query/filter.ts";
import { QueryError } from "../../../server/query/query-error.ts";
import { Reader } from "../../../server/query/reader.ts";
import { parseSort } from "../../../server/query/sort.ts";
import { type Item, parseItems, type Source } from "../../../server/query/source.ts";

/** A text as pyVergeOS writes it: quotes doubled, and backslashes left alone. */
function writtenByPython(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Writes a value with quotes doubled, or as the Go client does; backslashes before what they would change, doubled. */
function writeValue(value: Value, style: "doubled" | "backslash"): string {
  if (value.kind !== "string") {
    return value.kind === "number" ? value.digits : value.kind === "null" ? "null" : String(value.value);
  }
  const escaped =
    style === "doubled"
      ? value.value.replaceAll("\\", "\\\\").replaceAll("'", "''")
      : value.value.replaceAll(/[\\'{]/g, (character) => `\\${character}`);
  return `'${escaped}'`;
}

/** Writes a filter with every parenthesis that could be needed. */
function writeFilter(filter: Filter, style: "doubled" | "backslash"): string {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.terms.map((term) => `(${writeFilter(term, style)})`).join(` ${filter.kind} `);
    case "in":
      return `${filter.source.text} in (${filter.values.map((value) => writeValue(value, style)).join(", ")})`;
    default:
      return `${filter.source.text} ${filter.operator} ${writeValue(filter.value, style)}`;
  }
}

const name = fc
  .stringMatching(/^[a-z_][a-z0-9_]{0,8}$/)
  .filter((word) => !["as", "and", "or", "in"].includes(word));
const source: fc.Arbitrary<Source> = fc
  .tuple(fc.constantFrom("$key", "$display", "name", "user"), fc.array(name, { maxLength: 2 }))
  .map(([first, rest]) => sourceOf([first, ...rest].join("#")));
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: "binary" }).map((text) => ({ kind: "string" as const, value: text })),
  fc
    .bigInt({ min: -(2n ** 70n), max: 2n ** 70n })
    .map((number) => ({ kind: "number" as const, digits: String(number) })),
  fc.boolean().map((flag) => ({ kind: "boolean" as const, value: flag })),
);
const comparison: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    kind: fc.constant("compare" as const),
    source,
    operator: fc.constantFrom(...operators.filter((operator) => operator !== "rx")),
    value,
  }),
  fc.record({
    kind: fc.constant("compare" as const),
    source,
    operator: fc.constantFrom("eq" as const, "ne" as const),
    value: fc.constant({ kind: "null" as const }),
  }),
  fc.record({
    kind: fc.constant("in" as const),
    source,
    values: fc.array(value, { minLength: 1, maxLength: 4 }),
  }),
);
const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    comparison,
    fc.record({
      kind: fc.constantFrom("and" as const, "or" as const),
      terms: fc.array(tie("filter"), { minLength: 2, maxLength: 3 }),
    }),
  ),
}));

function sourceOf(text: string): Source {
  const [item] = parseItems(new Reader("fields", text));
  return { ...(item ?? expect.fail(text)).source, column: 0 };
}

/** Without places: the same words elsewhere are the same filter. */
function withoutColumns(parsed: unknown): unknown {
  return JSON.parse(JSON.stringify(parsed, (key, part) => (key === "column" ? 0 : part)));
}

function faultOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    return error instanceof QueryError ? error.message : expect.fail(String(error));
  }
  return expect.fail("it was accepted");
}

describe("a filter", () => {
  test("is read back as it was written, in both ways to write quotes", () => {
    fc.assert(
      fc.property(filter, fc.constantFrom("doubled" as const, "backslash" as const), (written, style) => {
        const text = writeFilter(written, style);
        fc.pre(text.length <= 8192);
        expect(withoutColumns(parseFilter(text))).toEqual(withoutColumns(written));
      }),
      { numRuns: 1000 },
    );
  });

  test("that is anything at all is read or refused, never more", () => {
    const words = fc.constantFrom(
      "name",
      "eq",
      "and",
      "or",
      "(",
      ")",
      "'",
      "''",
      "\\",
      "in",
      "null",
      "1",
      "#",
      "[",
      ",",
      "-",
      " ",
      "\0",
    );
    const soup = fc.array(fc.oneof(words, fc.string()), { maxLength: 30 }).map((parts) => parts.join(" "));
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ unit: "binary" })), (text) => {
        for (const parse of [
          parseFilter,
          parseSort,
          (fields: string) => parseItems(new Reader("fields", fields)),
        ]) {
          try {
            parse(text);
          } catch (error) {
            expect(error).toBeInstanceOf(QueryError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  const withBackslashes = fc
    .array(fc.constantFrom("\\", "'", "{", "}", "a", " ", " or ", "name", " ne ", "(", ")", "1"), {
      maxLength: 12,
    })
    .map((parts) => parts.join(""));

  test("is read as pyVergeOS wrote it, but for a backslash before a quote, a backslash or a brace", () => {
    fc.assert(
      fc.property(fc.oneof(withBackslashes, fc.string({ unit: "binary" })), (text) => {
        fc.pre(!/\\['\\{]/.test(text));
        const parsed = parseFilter(`name eq ${writtenByPython(text)}`);
        expect(parsed).toMatchObject({ operator: "eq", value: { kind: "string", value: text } });
      }),
      { numRuns: 1000 },
    );
  });

  test("of pyVergeOS, whatever text is in it, is that comparison or refused, and never another filter", () => {
    fc.assert(
      fc.property(withBackslashes, (text) => {
        const written = `name eq ${writtenByPython(text)}`;
        let parsed: Filter | undefined;
        try {
          parsed = parseFilter(written);
        } catch (error) {
          expect(error).toBeInstanceOf(QueryError);
          return;
        }
        expect(parsed).toMatchObject({ kind: "compare", operator: "eq", source: { text: "name" } });
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["a\\\\b", "a\\b"],
    ["\\{x}", "{x}"],
  ])(
    "of pyVergeOS with the text %s finds another one, %s, because the Go client's form is read too",
    (text, read) => {
      expect(parseFilter(`name eq ${writtenByPython(text)}`)).toMatchObject({ value: { value: read } });
    },
  );

  test.each(["a\\'b", "a\\'"])("of pyVergeOS with the text %s is refused, not guessed at", (text) => {
    expect(faultOf(() => parseFilter(`name eq ${writtenByPython(text)}`))).toMatch(/^column \d+: /);
  });

  test("of pyVergeOS with a text that ends in a backslash is read when it is the last, else refused", () => {
    const text = writtenByPython("ends in \\");
    expect(parseFilter(`enabled eq true and name eq ${text}`)).toMatchObject({ kind: "and" });
    expect(faultOf(() => parseFilter(`name eq ${text} and type eq 'api'`))).toMatch(/^column \d+: /);
  });

  test("binds and tighter than or, whatever the case of the words", () => {
    const parsed = parseFilter("a EQ 1 or b Eq 2 AND c eq 3");
    expect(withoutColumns(parsed)).toEqual(withoutColumns(parseFilter("a eq 1 or (b eq 2 and c eq 3)")));
    expect(withoutColumns(parsed)).not.toEqual(withoutColumns(parseFilter("(a eq 1 or b eq 2) and c eq 3")));
  });

  test.each([
    ["'it''s'", "it's"],
    ["'it\\'s'", "it's"],
    ["'a\\\\b'", "a\\b"],
    ["'a\\b'", "a\\b"],
    ["'\\{x}'", "{x}"],
    ["'{x}'", "{x}"],
    ["''", ""],
    ["''''", "'"],
    ["'ends in \\'", "ends in \\"],
    ["'a#b[c],d(e)'", "a#b[c],d(e)"],
  ])("reads the literal %s as %s", (literal, expected) => {
    expect(parseFilter(`name eq ${literal}`)).toMatchObject({ value: { kind: "string", value: expected } });
  });

  test.each([
    [
      "name",
      "column 5: expected an operator (eq, ne, gt, ge, lt, le, bw, ew, ct, cs, rx, like, in), found the end",
    ],
    [
      "name = 'x'",
      'column 6: expected an operator (eq, ne, gt, ge, lt, le, bw, ew, ct, cs, rx, like, in), found "="',
    ],
    ["name eq and", "column 9: expected a value such as 'text', 10, true or null, found \"and\""],
    ["name eq 'x", "column 9: has no closing quote"],
    ["name eq 'x' name", 'column 13: expected "and", "or" or the end, found "name"'],
    ["(name eq 'x'", 'column 13: expected ")", found the end'],
    ["name in ('x'", 'column 13: expected ")", found the end'],
    ["name in 'x'", 'column 9: expected "(", found "\'"'],
    ["name gt null", "column 9: null can be compared by eq and ne only"],
    [
      "eq 'x'",
      'column 4: expected an operator (eq, ne, gt, ge, lt, le, bw, ew, ct, cs, rx, like, in), found "\'"',
    ],
    ["a#b#c#d#e eq 1", "column 1: goes over more than 4 steps"],
    ["a eq 1.5", "column 6: expected a value such as 'text', 10, true or null, found \"1\""],
  ])("%s is refused with its place and what would be right", (text, message) => {
    expect(faultOf(() => parseFilter(text))).toBe(message);
  });

  test("is bounded in length, depth and number", () => {
    const deep = (depth: number) => `${"(".repeat(depth)}a eq 1${")".repeat(depth)}`;
    const many = (count: number) => Array.from({ length: count }, () => "a eq 1").join(" or ");
    const listed = (count: number) => `a in (${Array.from({ length: count }, () => "1").join(",")})`;
    for (const fits of [deep(32), many(200), listed(500)]) {
      expect(parseFilter(fits)).toBeDefined();
    }
    expect(faultOf(() => parseFilter(deep(33)))).toMatch(/has more than 32 parentheses in each other$/);
    expect(faultOf(() => parseFilter(many(201)))).toMatch(/has more than 200 comparisons$/);
    expect(faultOf(() => parseFilter(listed(501)))).toMatch(/has more than 500 values$/);
    expect(faultOf(() => parseFilter("x".repeat(8193)))).toMatch(/is longer than 8192 characters$/);
  });

  test.each(["(a)\\1", "(?=a)", "***=a", "a{100}", "a{1,100}", "a{1}{1}{1}", "x".repeat(101)])(
    "has no pattern that could take too long, such as %s",
    (pattern) => {
      expect(faultOf(() => parseFilter(`name rx '${pattern}'`))).toMatch(/this pattern could take too long/);
    },
  );
});

describe("fields", () => {
  const read = (text: string) => parseItems(new Reader("fields", text));
  const names = (items: readonly Item[]) => items.map(({ name: answered }) => answered);

  test("are a list of names, ways, functions and selections, each by its text or its alias", () => {
    expect(
      names(
        read(
          "$key, name ,user#name as user_name,identity#owner#$display AS who,count( members ),rows[$key,a#b as c] as list,a#rows[b]",
        ),
      ),
    ).toEqual(["$key", "name", "user_name", "who", "count(members)", "list", "a#rows"]);
    expect(names(read("machine#status#display(status) as status_display"))).toEqual(["status_display"]);
    expect(names(read(",,name,,"))).toEqual(["name"]);
  });

  test.each([
    ["name as", 'column 8: expected a name after "as", found the end'],
    ["name]", 'column 5: expected a comma or the end, found "]"'],
    ["rows[name", 'column 10: expected "]", found the end'],
    ["count(rows", 'column 11: expected ")", found the end'],
    ["count(a)#b", "column 1: a function or a selection must be the last step"],
    ["a[b[c[d[e]]]]", "column 9: is nested more than 3 deep"],
    ["a#", "column 3: expected the name of a field, found the end"],
    [
      "name as __proto__",
      "column 9: is no name for an answer; take one of at most 128 letters, digits and underscores",
    ],
  ])("%s are refused with the place", (text, message) => {
    expect(faultOf(() => read(text))).toBe(message);
  });

  test("are bounded in number", () => {
    expect(faultOf(() => read(Array.from({ length: 201 }, () => "a").join(",")))).toMatch(
      /more than 200 fields$/,
    );
  });
});

describe("sort", () => {
  test("is a list of names with their directions, also with a plus that became a blank", () => {
    const keys = parseSort("-timestamp,+name, tag,user#name").map((key) => [
      key.source.text,
      key.isDescending,
    ]);
    expect(keys).toEqual([
      ["timestamp", true],
      ["name", false],
      ["tag", false],
      ["user#name", false],
    ]);
    expect(faultOf(() => parseSort("a,b,c,d,e,f,g,h,i"))).toMatch(/sorts by more than 8 fields$/);
    expect(faultOf(() => parseSort("--a"))).toBe('column 2: expected the name of a field, found "-"');
  });
});
