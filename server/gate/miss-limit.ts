import type { Address } from "../../contract/address-rule.ts";
import { networkOf } from "../identity/client-address.ts";

const windowMs = 1000;

/** More than the new keys that one address begins to use at once, and few enough for an embedded database. */
const missesMax = 200;

const addressesMax = 10_000;

/**
 * Bounds what made-up ids cost: an address that looks up more unknown ones in a second than anybody needs waits for the
 * next. Keys that have been in use are not counted, so nobody who shares the address is held up by it for long.
 */
export class MissLimit {
  #sinceMs = Number.NEGATIVE_INFINITY;
  #misses = new Map<string, number>();

  /**
   * Takes up one look-up; answers seconds to wait for another try, or 0 when it may go ahead. `nowMs` is monotonic
   * milliseconds.
   */
  waitSeconds(address: Address | undefined, nowMs: number): number {
    if (nowMs - this.#sinceMs >= windowMs) {
      this.#sinceMs = nowMs;
      this.#misses = new Map();
    }
    const network = networkOf(address);
    const misses = this.#misses.get(network) ?? 0;
    if (misses >= missesMax) {
      return windowMs / 1000;
    }
    if (misses > 0 || this.#misses.size < addressesMax) {
      this.#misses.set(network, misses + 1);
    }
    return 0;
  }

  /** Gives one back, since a key was found. */
  forgive(address: Address | undefined): void {
    const network = networkOf(address);
    const misses = this.#misses.get(network) ?? 0;
    if (misses > 0) {
      this.#misses.set(network, misses - 1);
    }
  }
}
