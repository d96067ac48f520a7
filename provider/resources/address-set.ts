import { parseAddressList, splitAddressList } from "../../contract/address-list.ts";
import { formatAddressRule, parseAddressRule } from "../../contract/address-rule.ts";
import type { Problem } from "../plugin/schema.ts";

/** Checks one entry of a list by the server's rule; the sentence names the entry. */
export const checkAddressEntry: (entry: string) => Problem = remembering((entry) => {
  const parsed = parseAddressRule(entry);
  if (!parsed.ok) {
    return `The entry ${JSON.stringify(entry)} ${parsed.fault}${parsed.fault.endsWith("?") ? "" : "."}`;
  }
  return entry.includes(",") ? `The entry ${JSON.stringify(entry)} holds a comma; write two entries.` : null;
});

/** Whether two lists admit the same addresses entry by entry, however the entries are spelt and ordered. */
export function sameAddresses(left: readonly string[], right: readonly string[]): boolean {
  return normalForm(left) === normalForm(right);
}

/** The wire form of a set. Sorted, so that the same set is always the same string. */
export function toWire(entries: readonly string[] | null): string {
  return [...(entries ?? [])].sort().join(",");
}

/** The set that a list on the wire stands for, in the spelling of the state where that means the same. */
export function fromWire(list: string, inState: readonly string[]): readonly string[] {
  const entries = splitAddressList(list).map((entry) => entry.trim());
  return sameAddresses(entries, inState) ? inState : entries;
}

function normalForm(entries: readonly string[]): string {
  return normalText([...entries].sort().join("\n"));
}

const normalText = remembering((text) => {
  const entries = text === "" ? [] : text.split("\n");
  const { rules, faults } = parseAddressList(entries);
  const texts = faults.length === 0 ? rules.map(formatAddressRule) : entries;
  return [...new Set(texts)].sort().join(",");
});

const rememberedMax = 1000;

/** A pure function that keeps its last answers: a thousand keys have the same few lists, each compared several times. */
function remembering<T>(work: (text: string) => T): (text: string) => T {
  const answers = new Map<string, T>();
  return (text) => {
    const known = answers.get(text);
    if (known !== undefined) {
      return known;
    }
    if (answers.size >= rememberedMax) {
      answers.clear();
    }
    const answer = work(text);
    answers.set(text, answer);
    return answer;
  };
}
