import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rights } from "../../../contract/permissions.ts";
import { type Grant, Rights } from "../../../server/access/rights.ts";

const tables = ["users", "groups", "user_api_keys", "logs", "vms"] as const;
const grant: fc.Arbitrary<Grant> = fc
  .record({
    list: fc.boolean(),
    read: fc.boolean(),
    create: fc.boolean(),
    modify: fc.boolean(),
    delete: fc.boolean(),
    table: fc.constantFrom("/", ...tables),
    row: fc.nat(3),
  })
  .map((row) => (row.table === "/" ? { ...row, row: 0 } : row));
const grants = fc.array(grant, { maxLength: 6 });

/** Everything that can be held, as one list of questions. */
const questions = tables.flatMap((table) =>
  rights.flatMap((right) => [0, 1, 2, 3].map((row) => ({ table, right, row }))),
);

describe("rights", () => {
  test("only grow when a grant is added", () => {
    fc.assert(
      fc.property(grants, grant, (given, added) => {
        const before = new Rights(given, false);
        const after = new Rights([...given, added], false);
        for (const { table, right, row } of questions) {
          expect(!before.holds(right, table, row) || after.holds(right, table, row)).toBe(true);
        }
      }),
    );
  });

  test("do not depend on the order of grants", () => {
    fc.assert(
      fc.property(grants, (given) => {
        const [one, other] = [new Rights(given, false), new Rights([...given].reverse(), false)];
        for (const { table, right, row } of questions) {
          expect(one.holds(right, table, row)).toBe(other.holds(right, table, row));
        }
      }),
    );
  });

  test("hold nothing that no grant gives", () => {
    fc.assert(
      fc.property(grants, (given) => {
        const held = new Rights(given, false);
        for (const { table, right, row } of questions.filter(
          ({ right }) => !given.some((one) => one[right]),
        )) {
          expect(held.holds(right, table, row)).toBe(false);
        }
      }),
    );
  });

  test("of a table are rights on each of its rows, and never the other way round", () => {
    fc.assert(
      fc.property(grants, (given) => {
        const held = new Rights(given, false);
        for (const { table, right, row } of questions) {
          expect(!held.holds(right, table, 0) || held.holds(right, table, row)).toBe(true);
        }
      }),
    );
    const one = new Rights([{ ...none, table: "users", row: 2, modify: true }], false);
    expect([one.holds("modify", "users", 2), one.holds("modify", "users", 0)]).toEqual([true, false]);
  });

  test("on everything leave keys and the audit trail out, until they are all five", () => {
    const reader = new Rights([{ ...none, table: "/", row: 0, list: true, read: true }], false);
    expect(tables.map((table) => reader.holds("read", table, 0))).toEqual([true, true, false, false, true]);
    const everything = { list: true, read: true, create: true, modify: true, delete: true };
    const administrator = new Rights([{ ...everything, table: "/", row: 0 }], false);
    expect(tables.map((table) => administrator.holds("read", table, 0))).toEqual([
      true,
      true,
      true,
      true,
      true,
    ]);
    expect(new Rights([], true).isSystemAdministrator, "VergeOS' mark").toBe(true);
  });

  test("include those that could do nothing more, whom they may then act as", () => {
    fc.assert(
      fc.property(grants, grants, (mine, theirs) => {
        const [one, other] = [new Rights(mine, false), new Rights(theirs, false)];
        fc.pre(one.includes(other));
        for (const { table, right, row } of questions) {
          expect(!other.holds(right, table, row) || one.holds(right, table, row)).toBe(true);
        }
      }),
    );
    expect(new Rights([], false).includes(new Rights([], true))).toBe(false);
  });

  test("include those whose every grant is held too, also grants on everything", () => {
    const all = fc.array(grant, { maxLength: 6 });
    fc.assert(
      fc.property(
        all.chain((mine) => fc.tuple(fc.constant(mine), fc.subarray(mine))),
        ([mine, theirs]) => {
          expect(new Rights(mine, false).includes(new Rights(theirs, false))).toBe(true);
        },
      ),
    );
  });

  test("on everything, on either side, give nothing that the caller does not hold on everything", () => {
    const everywhere = { ...none, table: "/", row: 0, list: true, read: true };
    const person = (row: number) => [everywhere, { ...everywhere, table: "users", row, modify: true }];
    const ordinary = new Rights(person(1), false);
    const overBoth = new Rights([...person(1), ...person(2)], false);
    expect([overBoth.includes(ordinary), ordinary.includes(overBoth)]).toEqual([true, false]);
    const onEachTable = tables.map((table) => ({ ...everywhere, table, modify: true }));
    expect(new Rights(onEachTable, false).includes(ordinary), "gateways have more tables").toBe(false);
    expect(overBoth.covers(everywhere), "acting as somebody is not giving it away").toBe(false);
    const five = { list: true, read: true, create: true, modify: true, delete: true };
    const half = [
      { ...everywhere, create: true },
      { ...none, table: "/", row: 0, modify: true, delete: true },
    ];
    for (const administrator of [new Rights(half, false), new Rights([], true)]) {
      const almost = new Rights([{ ...five, table: "/", row: 0, delete: false }], false);
      expect(almost.includes(administrator)).toBe(false);
    }
  });
});

const none = { list: false, read: false, create: false, modify: false, delete: false };
