import { describe, expect, test } from "vitest";
import { RequestRefused } from "../../client/errors.ts";
import { CoalescedReads } from "../../provider/coalesced-reads.ts";

interface Row {
  readonly key: string;
  readonly name: string;
}

/** A server's table, and every request for it. */
class Table {
  readonly rows: Map<string, Row>;
  readonly requests: string[] = [];
  canList = true;

  constructor(count: number) {
    const rows = Array.from({ length: count }, (_, place) => ({
      key: String(place + 1),
      name: `row ${place + 1}`,
    }));
    this.rows = new Map(rows.map((row) => [row.key, row]));
  }

  readonly reads = new CoalescedReads<Row>({
    keyOf: ({ key }) => key,
    get: async (key) => {
      this.requests.push(`get ${key}`);
      return this.rows.get(key);
    },
    list: async ({ filter, limit, offset = 0 }) => {
      this.requests.push(filter === undefined ? `page ${offset}` : "some");
      if (!this.canList) {
        throw new RequestRefused(422, "filter: is not understood");
      }
      const wanted = filter?.split(" or ").map((term) => term.replace("$key eq ", ""));
      const rows = [...this.rows.values()].filter(({ key }) => wanted === undefined || wanted.includes(key));
      return rows.slice(offset, limit === undefined ? undefined : offset + limit);
    },
  });

  /** Reads as Terraform does: ten at a time. */
  async readAll(keys: readonly string[]): Promise<(Row | undefined)[]> {
    const found: (Row | undefined)[] = [];
    for (let start = 0; start < keys.length; start += 10) {
      found.push(...(await Promise.all(keys.slice(start, start + 10).map((key) => this.reads.get(key)))));
    }
    return found;
  }
}

const keysTo = (count: number) => Array.from({ length: count }, (_, place) => String(place + 1));

describe("reads that arrive together", () => {
  test("are one request for just these rows", async () => {
    const table = new Table(100);
    expect(await Promise.all(["7", "3", "7"].map((key) => table.reads.get(key)))).toEqual([
      { key: "7", name: "row 7" },
      { key: "3", name: "row 3" },
      { key: "7", name: "row 7" },
    ]);
    expect(table.requests).toEqual(["some"]);
  });

  test("are few requests for thousands of rows, each of which is told right", async () => {
    const table = new Table(2500);
    const found = await table.readAll(keysTo(2500));
    expect(found).toEqual([...table.rows.values()]);
    expect(table.requests).toEqual(["some", "some", "page 0", "page 1000", "page 2000"]);
  });

  test("read no more than they ask for from a table that is far larger", async () => {
    const table = new Table(20_000);
    expect(await table.readAll(keysTo(100))).toHaveLength(100);
    expect(table.requests.filter((request) => request.startsWith("page"))).toHaveLength(10);
    expect(table.requests.filter((request) => request === "some").length).toBeLessThanOrEqual(10);
  });

  test("take a row for gone only when asking for it alone says so", async () => {
    const table = new Table(40);
    await table.readAll(keysTo(40));
    table.rows.set("41", { key: "41", name: "made meanwhile" });
    expect(await table.reads.get("41")).toEqual({ key: "41", name: "made meanwhile" });
    expect(await table.reads.get("99")).toBeUndefined();
    expect(table.requests.slice(-2)).toEqual(["get 41", "get 99"]);
  });

  test("tell what is there after a change of our own", async () => {
    const table = new Table(40);
    await table.readAll(keysTo(40));
    table.rows.set("1", { key: "1", name: "changed" });
    table.reads.forget();
    expect(await table.reads.get("1")).toEqual({ key: "1", name: "changed" });
  });

  test("are made one by one where the server does not understand the list", async () => {
    const table = new Table(20);
    table.canList = false;
    expect(await table.readAll(keysTo(20))).toEqual([...table.rows.values()]);
    expect(table.requests.filter((request) => request === "some")).toHaveLength(1);
    expect(table.requests.filter((request) => request.startsWith("get"))).toHaveLength(20);
  });

  test("fail together, and work again afterwards", async () => {
    const table = new Table(5);
    const failing = new CoalescedReads<Row>({
      keyOf: ({ key }) => key,
      get: async (key) => table.rows.get(key),
      list: async () => {
        throw new Error("no answer");
      },
    });
    const outcomes = await Promise.allSettled(["1", "2"].map((key) => failing.get(key)));
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await failing.get("1")).toEqual({ key: "1", name: "row 1" });
  });
});
