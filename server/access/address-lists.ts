import { parseAddressList } from "../../contract/address-list.ts";
import {
  type Address,
  type AddressRule,
  parseAddressRule,
  ruleContains,
} from "../../contract/address-rule.ts";

/** The address lists of a key, ready to be decided by. */
export interface AddressLists {
  readonly allow: AddressList;
  readonly deny: AddressList;
}

interface AddressList {
  /** Whether the list has entries at all, switched on or not. */
  readonly isEmpty: boolean;
  /** The entries that are switched on. */
  readonly rules: readonly AddressRule[];
}

/** One entry of a list, as the owner wrote it; `enabled` is the check box beside it. */
interface Entry {
  readonly address: string;
  readonly enabled: boolean;
}

/** The lists of a key as they are stored. */
export interface StoredLists {
  readonly allow: readonly Entry[];
  readonly deny: readonly Entry[];
}

/** Reads the stored entries, once, so that deciding costs comparisons only. */
export function compileLists({ allow, deny }: StoredLists): AddressLists {
  return { allow: compileList(allow), deny: compileList(deny) };
}

function compileList(entries: readonly Entry[]): AddressList {
  const enabled = entries.filter((entry) => entry.enabled).map((entry) => entry.address);
  return { isEmpty: entries.length === 0, rules: parseAddressList(enabled).rules };
}

/** Whether a key may be used from an address, and if not, by which list. */
export type AddressVerdict = "allowed" | "not_on_allow_list" | "on_deny_list";

/**
 * The VergeOS rule: the allow list wins. With an allow list, an address passes only if a switched-on entry holds it,
 * and the deny list cannot take it away; a list whose entries are all switched off admits nobody. Without one, an
 * address passes unless a switched-on deny entry holds it. An unknown address passes only where no list says anything.
 */
export function decideAddress(lists: AddressLists, address: Address | undefined): AddressVerdict {
  const isHeldBy = (list: AddressList) =>
    address !== undefined && list.rules.some((rule) => ruleContains(rule, address));
  if (!lists.allow.isEmpty) {
    return isHeldBy(lists.allow) ? "allowed" : "not_on_allow_list";
  }
  if (lists.deny.rules.length > 0 && address === undefined) {
    return "on_deny_list";
  }
  return isHeldBy(lists.deny) ? "on_deny_list" : "allowed";
}

/** What decides about an address, for people who ask why. */
export interface AddressExplanation {
  readonly allowed: boolean;
  readonly list: "ip_allow_list" | "ip_deny_list" | null;
  /** The entry that holds the address, as it was written. */
  readonly entry: string | null;
  readonly reason: string;
}

/** Decides like {@link decideAddress}, and names the entry that did. */
export function explainAddress(stored: StoredLists, address: Address): AddressExplanation {
  const allowed = decideAddress(compileLists(stored), address) === "allowed";
  const holds = (entry: Entry) => compileList([entry]).rules.some((rule) => ruleContains(rule, address));
  if (stored.allow.length > 0) {
    const entry = stored.allow.find(holds)?.address ?? null;
    const reason = allowed
      ? "an entry of the allow list holds the address; the deny list is not looked at"
      : "there is an allow list, and none of its switched-on entries holds the address";
    return { allowed, list: "ip_allow_list", entry, reason };
  }
  const entry = stored.deny.find(holds)?.address ?? null;
  if (entry !== null) {
    return { allowed, list: "ip_deny_list", entry, reason: "an entry of the deny list holds the address" };
  }
  const reason =
    stored.deny.length > 0
      ? "none of the deny list's switched-on entries holds the address"
      : "both lists are empty";
  return { allowed, list: stored.deny.length > 0 ? "ip_deny_list" : null, entry, reason };
}

/** Says in a sentence from where the lists let a key be used. */
export function describeLists(stored: StoredLists): string {
  const [allow, deny] = [stored.allow, stored.deny].map((list) => list.filter((entry) => entry.enabled));
  if (stored.allow.length > 0) {
    return allow === undefined || allow.length === 0
      ? "The key works from nowhere: the allow list has entries, and none of them is switched on."
      : `The key works from ${enumerate(allow)} only.`;
  }
  return deny === undefined || deny.length === 0
    ? "The key works from any address."
    : `The key works from any address but ${enumerate(deny)}.`;
}

const enumeratedMax = 5;

function enumerate(entries: readonly Entry[]): string {
  const shown = entries.slice(0, enumeratedMax).map((entry) => entry.address.trim());
  const rest = entries.length - shown.length;
  const parts = rest > 0 ? [...shown, `${rest} more`] : shown;
  return new Intl.ListFormat("en").format(parts);
}

/** What stands in both lists, in whole or in part: an entry that denies what another one allows. */
export function overlapsOf({ allow, deny }: StoredLists): readonly { allow: string; deny: string }[] {
  const readable = (entries: readonly Entry[]) =>
    entries.flatMap(({ address, enabled }) => {
      const parsed = parseAddressRule(address);
      return enabled && parsed.ok ? [{ address: address.trim(), rule: parsed.value }] : [];
    });
  const denied = readable(deny);
  return readable(allow).flatMap((allowed) =>
    denied
      .filter(({ rule }) => rulesOverlap(allowed.rule, rule))
      .map(({ address }) => ({ allow: allowed.address, deny: address })),
  );
}

function rulesOverlap(left: AddressRule, right: AddressRule): boolean {
  const holds = (outer: AddressRule, inner: AddressRule) =>
    outer.prefixLength <= inner.prefixLength &&
    ruleContains(outer, { family: inner.family, value: inner.network });
  return holds(left, right) || holds(right, left);
}
