import { RequestRefused } from "../client/errors.ts";
import { ReadAhead, type RowSource } from "./read-ahead.ts";
import { ReadBatch } from "./read-batch.ts";

/** How long reads that arrive together are waited for; Terraform sends ten at a time, each in its own call. */
const gatherMs = 5;
/** The most rows that one request asks for by their keys; the list of keys is part of the URL. */
const batchMax = 50;
/** So many batches are a sign that many more will follow: from then on, pages are read ahead. */
const batchesBeforePages = 2;

/** A key as rows have them; anything else would make the whole list an error, and alone is a row that is not there. */
const numeric = /^\d{1,15}$/;

type Wanted = ReadBatch<unknown>["wanted"];

/**
 * Turns many reads of single rows into few requests: reads that arrive within milliseconds become one list of just these
 * rows, and where many follow, rows like them are read ahead in pages and kept for seconds. Our own changes make it
 * forget what it has read. Where a server does not understand the list, rows are read one by one.
 */
export class CoalescedReads<Row> {
  readonly #source: RowSource<Row>;
  #gathering = new ReadBatch<Row>();
  #isAnswering = false;
  #batches = 0;
  #asked = 0;
  #owners = new Set<string | undefined>();
  #ahead: ReadAhead<Row> | undefined;
  #canReadAhead = true;
  #canList = true;

  constructor(source: RowSource<Row>) {
    this.#source = source;
  }

  /**
   * The row, or undefined when it is not there. The signal ends the wait of this caller alone, and what nobody waits for
   * any more is not asked on. `owner` is the user whose row it is, where that is known: others of theirs are likely to follow.
   */
  async get(key: string, signal: AbortSignal, owner?: string): Promise<Row | undefined> {
    signal.throwIfAborted();
    this.#asked += 1;
    this.#owners.add(owner);
    const known = numeric.test(key) ? this.#ahead?.find(Number(key)) : undefined;
    if (known !== undefined) {
      // A row is gone only when asking for it alone says so: a row that is taken for gone would be made anew.
      return known.row ?? this.#source.get(key, signal);
    }
    if (this.#gathering.signal.aborted) {
      // All who waited have left: what is asked for them is cut off, which is nothing for somebody new to wait for.
      this.#gathering = new ReadBatch();
    }
    if (this.#gathering.isEmpty && !this.#isAnswering) {
      setTimeout(() => void this.#answerAll(), gatherMs);
    }
    return this.#gathering.join(key, owner, signal);
  }

  /** Call it after every change: what was read before is not to be told any more. */
  forget(): void {
    this.#ahead = undefined;
    this.#batches = 0;
    this.#asked = 0;
    this.#owners = new Set();
  }

  /** Answers all who wait, and then those who came meanwhile. */
  async #answerAll(): Promise<void> {
    this.#isAnswering = true;
    while (!this.#gathering.isEmpty) {
      const batch = this.#gathering;
      this.#gathering = new ReadBatch();
      this.#batches += 1;
      try {
        await this.#answer(batch);
      } catch (error) {
        batch.reject(error);
      }
    }
    this.#isAnswering = false;
  }

  async #answer(batch: ReadBatch<Row>): Promise<void> {
    const { wanted, signal } = batch;
    const rows = await this.#read(wanted, signal);
    for (const { key } of wanted) {
      batch.resolve(key, rows.get(key) ?? (await this.#source.get(key, signal)));
    }
  }

  async #read(wanted: Wanted, signal: AbortSignal): Promise<ReadonlyMap<string, Row>> {
    const keys = wanted.map(({ key }) => key);
    const isFirst = this.#batches <= batchesBeforePages;
    if (!this.#canList || (keys.length === 1 && isFirst) || keys.some((key) => !numeric.test(key))) {
      return this.#readEach(keys, signal);
    }
    const found = await this.#readAhead(wanted, signal);
    const missing = keys.filter((key) => !found.has(key));
    try {
      const rows = await this.#readBatch(missing, signal);
      return new Map([...found, ...rows]);
    } catch (error) {
      if (!isNotUnderstood(error)) {
        throw error;
      }
      this.#canList = false;
      return this.#readEach(keys, signal);
    }
  }

  /** Those of the rows that are in pages which were read ahead, one of them maybe now. */
  async #readAhead(wanted: Wanted, signal: AbortSignal): Promise<ReadonlyMap<string, Row>> {
    if (!this.#canReadAhead || this.#batches <= batchesBeforePages) {
      return new Map();
    }
    if (this.#ahead?.isMistaken === true) {
      this.#ahead = new ReadAhead(this.#source, new Set([undefined]));
    }
    this.#ahead ??= new ReadAhead(this.#source, this.#owners);
    const ahead = this.#ahead;
    const sought = wanted.map(({ key, owner }) => ({ key: Number(key), owner }));
    try {
      await ahead.readFor(sought, this.#asked, signal);
    } catch (error) {
      if (!isNotUnderstood(error)) {
        throw error;
      }
      this.#canReadAhead = false;
    }
    const rows = sought.map(({ key }) => ahead.find(key)?.row);
    return this.#indexed(rows);
  }

  async #readEach(keys: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Row>> {
    return this.#indexed(await Promise.all(keys.map((key) => this.#source.get(key, signal))));
  }

  async #readBatch(keys: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Row>> {
    const rows: Row[] = [];
    for (let start = 0; start < keys.length; start += batchMax) {
      // Not `in`, which pyVergeOS can send and nobody documents.
      const filter = keys
        .slice(start, start + batchMax)
        .map((key) => `$key eq ${key}`)
        .join(" or ");
      rows.push(...(await this.#source.list({ filter, signal })));
    }
    return this.#indexed(rows);
  }

  #indexed(rows: readonly (Row | undefined)[]): Map<string, Row> {
    return new Map(
      rows
        .filter((row): row is Row & (object | string) => row !== undefined)
        .map((row) => [this.#source.keyOf(row), row]),
    );
  }
}

/** Whether the server refused a list as such: one that is not let in at all would refuse single rows as well. */
function isNotUnderstood(error: unknown): boolean {
  return error instanceof RequestRefused && error.status !== 401;
}
