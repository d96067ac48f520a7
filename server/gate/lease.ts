/** The two clocks of a machine, and a timer on the first. All in milliseconds. */
export interface Clocks {
  /** Since some moment in the past; never set, and goes on while the process is stopped. */
  monotonicMs(): number;
  /** Since the epoch; somebody may set it. */
  wallMs(): number;
  /** Runs something later, once; answers how to call it off. */
  after(delayMs: number, run: () => void): () => void;
}

/** This machine's clocks. A timer does not keep the process alive. */
export const machineClocks: Clocks = {
  monotonicMs: () => performance.now(),
  wallMs: Date.now,
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

/** Whether what is remembered may be judged by, right now. */
export interface Lease {
  isHeld(): boolean;
}

/** For a server that is alone with its database: whatever changes goes through it. */
export const unlimitedLease: Lease = { isHeld: () => true };

/** By how much the two clocks may come apart before neither is believed. */
const clockSkewMaxMs = 500;

/**
 * The right to judge by what is remembered, for a time from the moment it was asked for. It ends by the monotonic clock;
 * when the wall clock has gone elsewhere meanwhile, the machine was frozen or its clock set, and it has ended too.
 */
export class RenewedLease implements Lease {
  readonly #clocks: Clocks;
  readonly #durationMs: number;
  #endMs = Number.NEGATIVE_INFINITY;
  /** Wall clock minus monotonic clock when the lease was last renewed. */
  #offsetMs = 0;

  constructor(clocks: Clocks, durationMs: number) {
    this.#clocks = clocks;
    this.#durationMs = durationMs;
  }

  isHeld(): boolean {
    return this.isHeldOrEndedWithin(0);
  }

  /** For servers that are told to go on for a while without the database: whether that while is not over. */
  isHeldOrEndedWithin(graceMs: number): boolean {
    const nowMs = this.#clocks.monotonicMs();
    return (
      nowMs < this.#endMs + graceMs &&
      Math.abs(this.#clocks.wallMs() - nowMs - this.#offsetMs) < clockSkewMaxMs
    );
  }

  /** Renews it, counted from when the renewal was sent: what the database saw came after that. */
  renew(sentMs: number): void {
    this.#endMs = sentMs + this.#durationMs;
    this.#offsetMs = this.#clocks.wallMs() - this.#clocks.monotonicMs();
  }

  /** Gives it up. */
  end(): void {
    this.#endMs = Number.NEGATIVE_INFINITY;
  }
}
