import { RequestRefused } from "../client/errors.ts";

/** How one kind of row is read. */
export interface RowSource<Row> {
  keyOf(row: Row): string;
  get(key: string): Promise<Row | undefined>;
  list(query: { filter?: string; limit?: number; offset?: number }): Promise<Row[]>;
}

/** How long reads that arrive together are waited for; Terraform sends ten at a time, each in its own call. */
const gatherMs = 5;
/** The most rows that one request asks for by their keys; the list of keys is part of the URL. */
const batchMax = 50;
/** So many batches are a sign that many more will follow: from then on, whole pages are read ahead. */
const batchesBeforePages = 2;
const pageSize = 1000;
const pagesMax = 10;
/** How old what was read ahead may be. A refresh asks for everything at about the same time. */
const freshMs = 5000;

interface Waiting<Row> {
  resolve(row: Row | undefined): void;
  reject(error: unknown): void;
}

/**
 * Turns many reads of single rows into few requests: reads that arrive within milliseconds become one list of just these
 * rows, and where many follow, the whole table is read ahead in pages and kept for seconds. Our own changes make it
 * forget what it has read. Where a server does not understand the list, rows are read one by one.
 */
export class CoalescedReads<Row> {
  readonly #source: RowSource<Row>;
  #waiting = new Map<string, Waiting<Row>[]>();
  #batches = 0;
  #ahead: { readonly rows: ReadonlyMap<string, Row>; readonly readAtMs: number } | undefined;
  #canList = true;

  constructor(source: RowSource<Row>) {
    this.#source = source;
  }

  /** The row, or undefined when it is not there. */
  get(key: string): Promise<Row | undefined> {
    if (this.#ahead !== undefined && performance.now() - this.#ahead.readAtMs < freshMs) {
      const row = this.#ahead.rows.get(key);
      return row === undefined ? this.#source.get(key) : Promise.resolve(row);
    }
    this.#ahead = undefined;
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) {
        setTimeout(() => void this.#flush(), gatherMs);
      }
      this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), { resolve, reject }]);
    });
  }

  /** Call it after every change: what was read before is not to be told any more. */
  forget(): void {
    this.#ahead = undefined;
    this.#batches = 0;
  }

  async #flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    this.#batches += 1;
    try {
      const rows = await this.#read([...waiting.keys()]);
      for (const [key, callers] of waiting) {
        // A row is gone only when asking for it alone says so: pages shift while they are read, and a row that is
        // taken for gone would be made anew.
        const row = rows.get(key) ?? (await this.#source.get(key));
        for (const { resolve } of callers) {
          resolve(row);
        }
      }
    } catch (error) {
      // Rejecting a promise that is resolved already does nothing.
      for (const { reject } of [...waiting.values()].flat()) {
        reject(error);
      }
    }
  }

  async #read(keys: readonly string[]): Promise<ReadonlyMap<string, Row>> {
    const [only] = keys;
    if (keys.length === 1 && only !== undefined && this.#batches <= batchesBeforePages) {
      return this.#readEach([only]);
    }
    // A key that is none would make the whole list an error; alone, it is a row that is not there.
    if (!this.#canList || keys.some((key) => !/^\d{1,15}$/.test(key))) {
      return this.#readEach(keys);
    }
    try {
      return (
        (this.#batches > batchesBeforePages ? await this.#readPages() : undefined) ??
        (await this.#readBatch(keys))
      );
    } catch (error) {
      if (!(error instanceof RequestRefused) || error.status === 401) {
        throw error;
      }
      this.#canList = false;
      return this.#readEach(keys);
    }
  }

  async #readEach(keys: readonly string[]): Promise<ReadonlyMap<string, Row>> {
    return this.#indexed(await Promise.all(keys.map((key) => this.#source.get(key))));
  }

  async #readBatch(keys: readonly string[]): Promise<ReadonlyMap<string, Row>> {
    const rows: Row[] = [];
    for (let start = 0; start < keys.length; start += batchMax) {
      // Not `in`, which pyVergeOS can send and nobody documents.
      const filter = keys
        .slice(start, start + batchMax)
        .map((key) => `$key eq ${key}`)
        .join(" or ");
      rows.push(...(await this.#source.list({ filter })));
    }
    return this.#indexed(rows);
  }

  /** Undefined when there are so many rows that reading them all would cost more than it saves. */
  async #readPages(): Promise<ReadonlyMap<string, Row> | undefined> {
    const readAtMs = performance.now();
    const rows: Row[] = [];
    for (let page = 0; page < pagesMax; page += 1) {
      const found = await this.#source.list({ limit: pageSize, offset: page * pageSize });
      rows.push(...found);
      if (found.length < pageSize) {
        this.#ahead = { rows: this.#indexed(rows), readAtMs };
        return this.#ahead.rows;
      }
    }
    this.#batches = Number.NEGATIVE_INFINITY;
    return undefined;
  }

  #indexed(rows: readonly (Row | undefined)[]): Map<string, Row> {
    return new Map(
      rows
        .filter((row): row is Row & (object | string) => row !== undefined)
        .map((row) => [this.#source.keyOf(row), row]),
    );
  }
}
