/** How long a lease lasts, from when its renewal was sent. */
export const leaseMs = 2000;

/** How often it is renewed. */
export const renewalMs = 400;

/** What is waited beyond a lease, for clocks that do not run alike and timers that fire early. */
export const marginMs = 250;

/** For how long after a renewal was sent its answer tells who there is to wait for. */
export const newsMs = 1000;

/**
 * How long a replica judges nothing from memory once it is registered, unless it finds nobody else registered: as long as
 * somebody may go by news that is older than its registration.
 */
export const introductionMs = newsMs + marginMs;

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
  /** How long after a lease an operator lets it be judged by what is remembered; 0 for not at all. */
  readonly graceMs: number;
  isHeld(): boolean;
  /**
   * Whether it may be judged by, held or not, if the database gives no answer: where an operator has said so, until a
   * while after the lease has run out.
   */
  isInGrace(): boolean;
}

/** For a server that is alone with its database: whatever changes goes through it. */
export const unlimitedLease: Lease = { graceMs: 0, isHeld: () => true, isInGrace: () => false };

/** A moment as both clocks had it. */
export interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/**
 * By how much the two clocks may come apart before neither is believed. A machine that is frozen for less than this adds
 * as much to its lease, so this must stay well below {@link marginMs}.
 */
const clockSkewMaxMs = 100;

/**
 * The right to judge by what is remembered, for a time from the moment it was asked for. It ends by the monotonic clock;
 * when the wall clock has gone elsewhere since that moment, the machine was frozen or its clock set, and it has ended too.
 */
export class RenewedLease implements Lease {
  readonly #clocks: Clocks;
  readonly #durationMs: number;
  readonly graceMs: number;
  /** When the present lease was asked for. */
  #sent: Moment | undefined;
  /** Before when it is not held, by the monotonic clock. */
  #fromMs = Number.NEGATIVE_INFINITY;
  /** Whether the clocks have come apart since: a jump that is undone by another one has happened all the same. */
  #isDoubted = false;

  constructor(clocks: Clocks, durationMs: number, graceMs = 0) {
    this.#clocks = clocks;
    this.#durationMs = durationMs;
    this.graceMs = graceMs;
  }

  isHeld(): boolean {
    if (this.#sent === undefined) {
      return false;
    }
    // This one first: whatever comes between the two readings makes the lease shorter, never longer.
    const nowMs = this.#clocks.monotonicMs();
    const elapsedMs = nowMs - this.#sent.monotonicMs;
    const wallElapsedMs = this.#clocks.wallMs() - this.#sent.wallMs;
    this.#isDoubted ||= Math.abs(wallElapsedMs - elapsedMs) >= clockSkewMaxMs;
    return !this.#isDoubted && nowMs >= this.#fromMs && elapsedMs < this.#durationMs;
  }

  /** Whichever clock says so first ends it: over a long time they come apart by themselves. */
  isInGrace(): boolean {
    if (this.#sent === undefined || this.graceMs === 0) {
      return false;
    }
    const now = this.now();
    const elapsedMs = Math.max(now.monotonicMs - this.#sent.monotonicMs, now.wallMs - this.#sent.wallMs);
    return now.monotonicMs >= this.#fromMs && elapsedMs < this.#durationMs + this.graceMs;
  }

  /** The moment to renew it from. Take it before the renewal is sent. */
  now(): Moment {
    const wallMs = this.#clocks.wallMs();
    return { wallMs, monotonicMs: this.#clocks.monotonicMs() };
  }

  /** Renews it, counted from when the renewal was sent: what the database saw came after that. */
  renew(sent: Moment): void {
    this.#sent = sent;
    this.#isDoubted = false;
  }

  /** Keeps it from being held before a moment of the monotonic clock, however often it is renewed until then. */
  holdBack(untilMs: number): void {
    this.#fromMs = untilMs;
  }

  /** Gives it up. */
  end(): void {
    this.#sent = undefined;
  }
}
