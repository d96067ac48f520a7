import type { Address } from "../../contract/address-rule.ts";

const windowMs = 60_000;

/** Far more names and addresses than one server can serve passwords for; beyond it the oldest are forgotten. */
const remembered = 10_000;

/**
 * Counts wrong passwords by minute, for each user name and each address, in memory: it slows guessing down before the
 * cost of a password hash is paid. Each process counts for itself; what must hold across processes is the lock-out,
 * which is in the database. Bounded: a flood of names takes no more memory than so many counters.
 */
export class Attempts {
  readonly #counters = new Map<string, { readonly since: number; count: number }>();

  /** Seconds until another attempt is let through; 0 when it is now. `nowMs` is epoch milliseconds. */
  waitSeconds(subjects: readonly string[], limit: number, nowMs: number): number {
    const waits = subjects.map((subject) => {
      const counter = this.#counters.get(subject);
      return counter === undefined || counter.count < limit ? 0 : counter.since + windowMs - nowMs;
    });
    return Math.max(0, Math.ceil(Math.max(0, ...waits) / 1000));
  }

  /** Notes one wrong password. */
  recordFailure(subjects: readonly string[], nowMs: number): void {
    for (const subject of subjects) {
      const counter = this.#counters.get(subject);
      if (counter !== undefined && nowMs - counter.since < windowMs) {
        counter.count += 1;
        continue;
      }
      // Taken out first, so that the map's order is that of the windows and the oldest is in front.
      this.#counters.delete(subject);
      this.#counters.set(subject, { since: nowMs, count: 1 });
    }
    for (const oldest of this.#counters.keys()) {
      if (this.#counters.size <= remembered) {
        break;
      }
      this.#counters.delete(oldest);
    }
  }
}

/** What an attempt is counted under. Of an IPv6 address the first 64 bits: the rest is its owner's to change at will. */
export function subjectsOf(name: string, address: Address | undefined): readonly string[] {
  const network = address?.family === 6 ? address.value >> 64n : (address?.value ?? "unknown");
  return [`name ${name}`, `address ${address?.family ?? 0} ${network}`];
}
