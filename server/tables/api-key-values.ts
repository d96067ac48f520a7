import { splitAddressList } from "../../contract/address-list.ts";
import type { AddressEntry } from "../../drizzle/schema.ts";
import { ApiError } from "../errors.ts";

/** The two lists as a request gives them: as one string, as entries with check boxes, or as both where they agree. */
export interface GivenLists {
  readonly ip_allow_list?: string | undefined;
  readonly ip_deny_list?: string | undefined;
  readonly ip_allow_entries?: readonly AddressEntry[] | undefined;
  readonly ip_deny_entries?: readonly AddressEntry[] | undefined;
}

/** The entries of one list as they are to be stored; what is there already where the request does not name the list. */
export function decideEntries(
  given: GivenLists,
  list: "allow" | "deny",
  present: readonly AddressEntry[],
): readonly AddressEntry[] {
  const entries = given[`ip_${list}_entries`];
  const text = given[`ip_${list}_list`];
  const addresses = text === undefined ? undefined : splitAddressList(text);
  if (entries === undefined) {
    return addresses?.map((address) => ({ address, enabled: true })) ?? present;
  }
  // A row that is sent back as it was read says it twice.
  const switchedOn = entries.filter((entry) => entry.enabled).map((entry) => entry.address);
  if (addresses !== undefined && addresses.join() !== switchedOn.join()) {
    throw new ApiError(
      "invalid",
      `ip_${list}_entries: says something else than ip_${list}_list; send one of the two`,
    );
  }
  return entries;
}

/** What is legal but can hardly be meant; about lists that the request names, since others may not be the caller's to see. */
export function warningsOn(
  given: GivenLists,
  row: { readonly ipAllowEntries: readonly AddressEntry[]; readonly ipDenyEntries: readonly AddressEntry[] },
): { warnings?: string[] } {
  const warnings: string[] = [];
  const names = ["ip_allow_list", "ip_deny_list", "ip_allow_entries", "ip_deny_entries"] as const;
  if (names.every((name) => given[name] === undefined)) {
    return {};
  }
  if (row.ipAllowEntries.length > 0 && row.ipDenyEntries.length > 0) {
    warnings.push("ip_deny_list: has no effect beside an allow list, which alone decides");
  }
  if (row.ipAllowEntries.length > 0 && row.ipAllowEntries.every((entry) => !entry.enabled)) {
    warnings.push("ip_allow_entries: none is switched on, so the key works from nowhere");
  }
  return warnings.length === 0 ? {} : { warnings };
}

/** Works out `expires` (epoch seconds, 0 for never) from the two fields that clients send in every combination. */
export function decideExpiry(
  input: { readonly expires?: number | undefined; readonly expires_type?: "never" | "date" | undefined },
  present: number,
  nowMs: number,
): number {
  if (input.expires_type === "never") {
    if (input.expires !== undefined && input.expires !== 0) {
      const message = `expires: is ${input.expires}, but expires_type is "never"; send one or the other`;
      throw new ApiError("invalid", message);
    }
    return 0;
  }
  if (input.expires === undefined && input.expires_type === undefined) {
    return present;
  }
  const expires = input.expires ?? present;
  if (expires === 0 && input.expires_type === "date") {
    throw new ApiError(
      "invalid",
      'expires: must be a future time in epoch seconds when expires_type is "date"',
    );
  }
  if (expires !== 0 && expires !== present && expires * 1000 <= nowMs) {
    const shown = new Date(expires * 1000).toISOString();
    const message = `expires: is ${shown}, in the past; send a future time in epoch seconds, or 0 for never`;
    throw new ApiError("invalid", message);
  }
  return expires;
}
