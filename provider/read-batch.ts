interface Waiter<Row> {
  resolve(row: Row | undefined): void;
  reject(error: unknown): void;
}

/** Rows that are asked for together, and everybody who waits for each. */
export class ReadBatch<Row> {
  readonly #waiters = new Map<string, Set<Waiter<Row>>>();
  readonly #owners = new Map<string, string | undefined>();
  readonly #abandoned = new AbortController();

  /** The rows, with whose each is where that is known. */
  get wanted(): readonly { readonly key: string; readonly owner: string | undefined }[] {
    return [...this.#owners].map(([key, owner]) => ({ key, owner }));
  }

  get isEmpty(): boolean {
    return this.#owners.size === 0;
  }

  /** Fires when nobody waits any more, to end what is asked on their behalf. */
  get signal(): AbortSignal {
    return this.#abandoned.signal;
  }

  /** Waits for a row. When the signal fires, this caller alone is told, and at once. */
  join(key: string, owner: string | undefined, signal: AbortSignal): Promise<Row | undefined> {
    const waiters = this.#waiters.get(key) ?? new Set();
    this.#waiters.set(key, waiters);
    this.#owners.set(key, owner);
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiters.delete(waiter);
        reject(signal.reason);
        if ([...this.#waiters.values()].every(({ size }) => size === 0)) {
          this.#abandoned.abort();
        }
      };
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          signal.removeEventListener("abort", leave);
          waiters.delete(waiter);
          settle(value);
        };
      const waiter = { resolve: settled(resolve), reject: settled(reject) };
      waiters.add(waiter);
      signal.addEventListener("abort", leave);
    });
  }

  /** Tells all who wait for a row. */
  resolve(key: string, row: Row | undefined): void {
    for (const waiter of [...(this.#waiters.get(key) ?? [])]) {
      waiter.resolve(row);
    }
  }

  /** Tells all who still wait. */
  reject(error: unknown): void {
    for (const waiter of [...this.#waiters.values()].flatMap((waiters) => [...waiters])) {
      waiter.reject(error);
    }
  }
}
