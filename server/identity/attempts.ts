import type { Address } from "../../contract/address-rule.ts";
import { networkOf } from "./client-address.ts";

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
  waitSeconds({ name, address }: Subjects, limit: number, nowMs: number): number {
    const waits = [name, address].map((subject) => this.#waitMs(subject, limit, nowMs));
    return Math.ceil(Math.max(0, ...waits) / 1000);
  }

  /** Notes one wrong password. */
  recordFailure(subjects: Subjects, nowMs: number): void {
    this.#count([subjects.name, subjects.address], nowMs);
  }

  /**
   * Notes an attempt that was not let through, and answers whether it is the first of its minute: of its name and address,
   * or of its address alone where that is what has tried too often, lest names made up there each count as a first.
   */
  recordRefusal({ name, address }: Subjects, limit: number, nowMs: number): boolean {
    const isAddress = this.#waitMs(address, limit, nowMs) > 0;
    const [count] = this.#count([`refused ${isAddress ? "" : `${name} `}${address}`], nowMs);
    return count === 1;
  }

  #waitMs(subject: string, limit: number, nowMs: number): number {
    const counter = this.#counters.get(subject);
    return counter === undefined || counter.count < limit ? 0 : counter.since + windowMs - nowMs;
  }

  #count(subjects: readonly string[], nowMs: number): readonly number[] {
    const counts = subjects.map((subject) => {
      const counter = this.#counters.get(subject);
      if (counter !== undefined && nowMs - counter.since < windowMs) {
        counter.count += 1;
        return counter.count;
      }
      // Taken out first, so that the map's order is that of the windows and the oldest is in front.
      this.#counters.delete(subject);
      this.#counters.set(subject, { since: nowMs, count: 1 });
      return 1;
    });
    for (const oldest of this.#counters.keys()) {
      if (this.#counters.size <= remembered) {
        break;
      }
      this.#counters.delete(oldest);
    }
    return counts;
  }
}

/** What an attempt is counted under. */
export interface Subjects {
  readonly name: string;
  readonly address: string;
}

/** The subjects of an attempt. */
export function subjectsOf(name: string, address: Address | undefined): Subjects {
  return { name: `name ${name}`, address: `address ${networkOf(address)}` };
}
