import { describe, expect, test } from "vitest";
import { RequestRefused } from "../../client/errors.ts";
import { CoalescedReads } from "../../provider/coalesced-reads.ts";

interface Row {
  readonly key: string;
  readonly user: string;
  readonly name: string;
}

function row(key: number, user = 1): Row {
  return { key: String(key), user: String(user), name: `row ${key}` };
}

/** A server's table, and every request for it. */
class Table {
  readonly rows: Map<string, Row>;
  readonly requests: string[] = [];
  rowsAnswered = 0;
  canList = true;

  /** Rows with keys from 1, each of the user that `userOf` says. */
  constructor(count: number, userOf: (key: number) => number = () => 1) {
    const rows = Array.from({ length: count }, (_, place) => row(place + 1, userOf(place + 1)));
    this.rows = new Map(rows.map((row) => [row.key, row]));
  }

  readonly reads = new CoalescedReads<Row>({
    keyOf: ({ key }) => key,
    get: async (key) => {
      this.requests.push(`get ${key}`);
      return this.rows.get(key);
    },
    list: async ({ filter = "", limit }) => {
      this.requests.push(limit === undefined ? "some" : `${filter}, ${limit}`);
      if (!this.canList) {
        throw new RequestRefused(422, "filter: is not understood");
      }
      const rows = [...this.rows.values()].filter(conditionOf(filter));
      const page = rows.slice(0, limit);
      this.rowsAnswered += page.length;
      return page;
    },
  });

  /** Reads as Terraform does: ten at a time, in no order. */
  async readAll(keys: readonly string[]): Promise<(Row | undefined)[]> {
    const found = new Map<string, Row | undefined>();
    const left = shuffled(keys);
    const readOn = async () => {
      for (let key = left.pop(); key !== undefined; key = left.pop()) {
        found.set(key, await this.reads.get(key, signal, this.rows.get(key)?.user));
      }
    };
    await Promise.all(Array.from({ length: 10 }, readOn));
    return keys.map((key) => found.get(key));
  }
}

const { signal } = new AbortController();

/** The part of the query language that the reads use, as a condition. */
function conditionOf(filter: string): (row: Row) => boolean {
  const every = filter.split(/ and (?![^(]*\))/).map((terms) =>
    terms
      .replace(/^\(|\)$/g, "")
      .split(" or ")
      .map((term) => {
        const [field, operator, text] = term.split(" ");
        const value = Number(text);
        const read = ({ key, user }: Row) => Number(field === "$key" ? key : user);
        return (row: Row) =>
          operator === "eq"
            ? read(row) === value
            : operator === "ge"
              ? read(row) >= value
              : read(row) < value;
      }),
  );
  return (row) => every.every((some) => some.some((holds) => holds(row)));
}

/** In the same disorder each time. */
function shuffled(keys: readonly string[]): string[] {
  const rank = (key: string) => (Number(key) * 7919) % 10_007;
  return [...keys].sort((left, right) => rank(left) - rank(right));
}

const keysTo = (count: number) => Array.from({ length: count }, (_, place) => String(place + 1));

describe("reads that arrive together", () => {
  test("are one request for just these rows", async () => {
    const table = new Table(100);
    const found = await Promise.all(["7", "3", "7"].map((key) => table.reads.get(key, signal)));
    expect(found).toEqual([row(7), row(3), row(7)]);
    expect(table.requests).toEqual(["some"]);
  });

  test("are few requests for thousands of rows, each of which is told right", async () => {
    const table = new Table(2500);
    const found = await table.readAll(keysTo(2500));
    expect(found).toEqual([...table.rows.values()]);
    expect(table.requests.length).toBeLessThanOrEqual(12);
  });

  test("read those of their users alone, among however many rows of others", async () => {
    const table = new Table(50_000, (key) => (key % 50 === 0 ? 3 + (key % 4) : 9));
    const ours = keysTo(50_000).filter((key) => Number(key) % 50 === 0);
    expect(await table.readAll(ours)).toEqual(ours.map((key) => table.rows.get(key)));
    expect(table.requests.length).toBeLessThanOrEqual(6);
    expect(table.rowsAnswered).toBeLessThanOrEqual(1200);
  });

  test("read those around them, where all are of one user", async () => {
    const table = new Table(50_000);
    const ours = keysTo(50_000).slice(30_000, 31_000);
    expect(await table.readAll(ours)).toEqual(ours.map((key) => table.rows.get(key)));
    expect(table.requests.length).toBeLessThanOrEqual(10);
    expect(table.rowsAnswered).toBeLessThanOrEqual(8000);
  });

  test("are at most 20 requests for a thousand rows, wherever they are among 50,000", async () => {
    for (const userOf of [() => 1, (key: number) => key, (key: number) => Math.floor(key / 500)]) {
      const table = new Table(50_000, userOf);
      const ours = keysTo(50_000).filter((key) => Number(key) % 50 === 7);
      expect(await table.readAll(ours)).toEqual(ours.map((key) => table.rows.get(key)));
      expect(table.requests.length, table.requests.join("\n")).toBeLessThanOrEqual(20);
    }
  });

  test("read no more than they are worth from a table that is far larger", async () => {
    const table = new Table(50_000);
    const ours = keysTo(50_000).filter((key) => Number(key) % 5000 === 7);
    expect(await table.readAll(ours)).toEqual(ours.map((key) => table.rows.get(key)));
    expect(table.requests).toEqual(["some"]);
  });

  test("of rows by users that come later are told right as well", async () => {
    const table = new Table(3000, (key) => (key <= 100 ? 1 : key));
    await table.readAll(keysTo(100));
    expect(await table.readAll(keysTo(3000))).toEqual([...table.rows.values()]);
    expect(table.requests.length).toBeLessThanOrEqual(20);
  });

  test("take a row for gone only when asking for it alone says so", async () => {
    const table = new Table(40);
    await table.readAll(keysTo(40));
    table.rows.set("41", row(41));
    expect(await table.reads.get("41", signal, "1")).toEqual(row(41));
    expect(await table.reads.get("99", signal, "1")).toBeUndefined();
    expect(table.requests.slice(-1)).toEqual(["get 99"]);
  });

  test("tell what is there after a change of our own", async () => {
    const table = new Table(40);
    await table.readAll(keysTo(40));
    const changed = { ...row(1), name: "changed" };
    table.rows.set("1", changed);
    table.reads.forget();
    expect(await table.reads.get("1", signal)).toEqual(changed);
  });

  test("are made one by one where the server does not understand the list", async () => {
    const table = new Table(20);
    table.canList = false;
    expect(await table.readAll(keysTo(20))).toEqual([...table.rows.values()]);
    expect(table.requests.filter((request) => request === "some")).toHaveLength(1);
    expect(table.requests.filter((request) => request.startsWith("get"))).toHaveLength(20);
  });

  test("fail together, and work again afterwards", async () => {
    const failing = new CoalescedReads<Row>({
      keyOf: ({ key }) => key,
      get: async (key) => row(Number(key)),
      list: async () => {
        throw new Error("no answer");
      },
    });
    const outcomes = await Promise.allSettled(["1", "2"].map((key) => failing.get(key, signal)));
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await failing.get("1", signal)).toEqual(row(1));
  });

  test("end for who is stopped, and are asked on for the others", async () => {
    const asked: AbortSignal[] = [];
    const answers: ((rows: Row[]) => void)[] = [];
    const reads = new CoalescedReads<Row>({
      keyOf: ({ key }) => key,
      get: async () => undefined,
      list: (query) => {
        asked.push(query.signal);
        return new Promise((resolve, reject) => {
          answers.push(resolve);
          query.signal.addEventListener("abort", () => reject(query.signal.reason));
        });
      },
    });
    const [one, other] = [new AbortController(), new AbortController()];
    const first = reads.get("1", one.signal);
    const second = reads.get("2", other.signal);
    await expect.poll(() => asked.length).toBe(1);
    one.abort(new Error("stopped"));
    await expect(first).rejects.toThrow("stopped");
    expect(asked[0]?.aborted).toBe(false);
    answers[0]?.([row(1), row(2)]);
    expect(await second).toEqual(row(2));

    const last = [reads.get("1", other.signal), reads.get("2", other.signal)];
    await expect.poll(() => asked.length).toBe(2);
    other.abort(new Error("stopped as well"));
    await Promise.all(last.map((read) => expect(read).rejects.toThrow("stopped as well")));
    expect(asked[1]?.aborted, "what nobody waits for is not asked on").toBe(true);
  });
});
