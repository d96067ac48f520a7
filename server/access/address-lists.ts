import { type Address, type AddressRule, ruleContains } from "../../contract/address-rule.ts";

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
