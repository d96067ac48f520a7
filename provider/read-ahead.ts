/** How one kind of row is read. */
export interface RowSource<Row> {
  keyOf(row: Row): string;
  get(key: string, signal: AbortSignal): Promise<Row | undefined>;
  /** Rows in the order of their keys. */
  list(query: { filter?: string; limit?: number; signal: AbortSignal }): Promise<Row[]>;
}

/** A row that is wanted, and whose it is, where that is known. */
export interface Wanted {
  readonly key: number;
  readonly owner: string | undefined;
}

const numeric = /^\d{1,15}$/;

const firstPageSize = 1000;
/** An answer of this many rows has about ten megabytes. */
const pageSizeMax = 16_000;
/** So many rows may be read ahead for each that was asked for: a few keys of a large table are not worth all of it. */
const rowsPerWanted = 400;
/** With more owners than this, their rows are as good as all rows, and the filter would be long. */
const ownersMax = 20;
/** How old what was read ahead may be. A refresh asks for everything at about the same time. */
const freshMs = 5000;

interface Page<Row> {
  readonly from: number;
  readonly to: number;
  readonly rows: ReadonlyMap<string, Row>;
  readonly readAtMs: number;
}

/**
 * Rows that are likely to be asked for next: those around the ones that were, and of the same owners. Each page is twice as
 * large as the one before, so that a thousand rows take a few requests wherever among how many rows they are.
 */
export class ReadAhead<Row> {
  readonly #source: RowSource<Row>;
  readonly #owners: ReadonlySet<string> | undefined;
  #pages: Page<Row>[] = [];
  #pageSize = firstPageSize;
  #rowsRead = 0;
  #strangers = 0;

  constructor(source: RowSource<Row>, owners: ReadonlySet<string | undefined>) {
    this.#source = source;
    const known = [...owners].filter((owner) => owner !== undefined).filter((owner) => numeric.test(owner));
    this.#owners = known.length === owners.size && known.length <= ownersMax ? new Set(known) : undefined;
  }

  /** Whether so many were of other owners that it is better to begin again without regard to them. */
  get isMistaken(): boolean {
    return this.#strangers >= ownersMax;
  }

  /** Undefined when nothing is known of the key; without a row when there seems to be none. */
  find(key: number): { readonly row: Row | undefined } | undefined {
    const page = this.#pageOf(key);
    const row = page?.rows.get(String(key));
    // Of other owners nothing is known: a page has none of their rows.
    return page === undefined || (row === undefined && this.#owners !== undefined) ? undefined : { row };
  }

  /** Reads a page that begins with the first of these rows, unless more was read ahead than `asked` rows are worth. */
  async readFor(wanted: readonly Wanted[], asked: number, signal: AbortSignal): Promise<void> {
    const own = wanted.filter(({ owner }) => this.#owners?.has(owner ?? "") ?? true);
    this.#strangers += wanted.length - own.length;
    const keys = own.map(({ key }) => key).filter((key) => this.#pageOf(key) === undefined);
    if (keys.length === 0 || this.#rowsRead + this.#pageSize > asked * rowsPerWanted) {
      return;
    }
    const { from, before } = this.#rangeFor(Math.min(...keys));
    await this.#readPage(from, before, signal);
  }

  /** Where a page begins that has the key, and what it ends before: near other pages it leaves no gap to them. */
  #rangeFor(key: number): { readonly from: number; readonly before: number } {
    const below = Math.max(...this.#pages.map(({ to }) => to).filter((to) => to < key));
    const before = Math.min(...this.#pages.map(({ from }) => from).filter((from) => from > key));
    if (key - below <= this.#pageSize) {
      return { from: below + 1, before };
    }
    return { from: Math.max(below + 1, 0, Math.min(key, before - this.#pageSize)), before };
  }

  #pageOf(key: number): Page<Row> | undefined {
    const oldest = performance.now() - freshMs;
    this.#pages = this.#pages.filter(({ readAtMs }) => readAtMs >= oldest);
    return this.#pages.find(({ from, to }) => from <= key && key <= to);
  }

  async #readPage(from: number, before: number, signal: AbortSignal): Promise<void> {
    const readAtMs = performance.now();
    const limit = this.#pageSize;
    const filter = this.#filterOf(from, before);
    const rows = await this.#source.list({ filter, limit, signal });
    this.#rowsRead += rows.length;
    this.#pageSize = Math.min(limit * 2, pageSizeMax);
    const keys = rows.map((row) => Number(this.#source.keyOf(row)));
    const last = keys.at(-1) ?? from;
    // A page out of order says nothing of what is between its rows.
    const isOrdered = keys.every((key, place) => place === 0 || key > (keys[place - 1] ?? key));
    if (isOrdered) {
      const to = rows.length < limit ? before - 1 : last;
      const byKey = new Map(rows.map((row) => [this.#source.keyOf(row), row]));
      this.#pages.push({ from, to, rows: byKey, readAtMs });
    }
  }

  #filterOf(from: number, before: number): string {
    const owners = [...(this.#owners ?? [])].map((owner) => `user eq ${owner}`);
    return [
      ...(owners.length > 1 ? [`(${owners.join(" or ")})`] : owners),
      `$key ge ${from}`,
      ...(before === Number.POSITIVE_INFINITY ? [] : [`$key lt ${before}`]),
    ].join(" and ");
  }
}
