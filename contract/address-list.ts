import { type AddressRule, parseAddressRule } from "./address-rule.ts";

/** The most entries that one list may hold: enough for a fleet, few enough to be checked on every request. */
const addressListMax = 256;

/**
 * Splits the v4 wire form of a list, one string joined by commas, into its entries. Entries keep every character they
 * were sent with, so that joining them again gives the very string back (clients compare it exactly).
 */
export function splitAddressList(list: string): readonly string[] {
  return list === "" ? [] : list.split(",");
}

/** Reads all entries of a list; the faults name each entry that is wrong, in order. */
export function parseAddressList(entries: readonly string[]): {
  readonly rules: readonly AddressRule[];
  readonly faults: readonly string[];
} {
  const rules: AddressRule[] = [];
  const faults: string[] = [];
  if (entries.length > addressListMax) {
    faults.push(`has ${entries.length} entries; at most ${addressListMax} are allowed`);
    return { rules, faults };
  }
  for (const entry of entries) {
    const parsed = parseAddressRule(entry);
    if (parsed.ok) {
      rules.push(parsed.value);
    } else {
      faults.push(`${JSON.stringify(entry.trim())} ${parsed.fault}`);
    }
  }
  return { rules, faults };
}
