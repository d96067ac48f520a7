import { parseAddressList } from "../contract/address-list.ts";
import { type AddressRule, parseAddressRule, ruleContains } from "../contract/address-rule.ts";
import { isLate } from "./late.ts";

/** Both lists of a key, for {@link Addresses.lists}. */
export interface AddressListsProps {
  /** Addresses and CIDR blocks that the key may be used from. */
  readonly allow: readonly string[];
  /** Addresses and CIDR blocks that the key may not be used from. */
  readonly deny: readonly string[];
}

/**
 * Where a key may be used from: addresses such as `192.0.2.7` and CIDR blocks such as `2001:db8::/32`, or tokens of them.
 * They are checked at synthesis with the server's own rule.
 */
export class Addresses {
  // Private to the class in the type system too, so that no object of the same shape passes for one.
  readonly #allowed: readonly string[] | undefined;
  readonly #denied: readonly string[] | undefined;

  private constructor(allowed: readonly string[] | undefined, denied: readonly string[] | undefined) {
    this.#allowed = allowed;
    this.#denied = denied;
  }

  /** The allow list; undefined for none. May be a token of a list. */
  get allowed(): readonly string[] | undefined {
    return this.#allowed;
  }

  /** The deny list; undefined for none. May be a token of a list. */
  get denied(): readonly string[] | undefined {
    return this.#denied;
  }

  /** From these alone. */
  static allow(entries: readonly string[]): Addresses {
    return new Addresses(entries, undefined);
  }

  /** From everywhere but these. */
  static deny(entries: readonly string[]): Addresses {
    return new Addresses(undefined, entries);
  }

  /** From everywhere. */
  static anywhere(): Addresses {
    return new Addresses(undefined, undefined);
  }

  /** Both lists, as an imported key may have them. The allow list wins: beside one, the deny list decides nothing. */
  static lists(props: AddressListsProps): Addresses {
    return new Addresses(props.allow, props.deny);
  }

  /** What is wrong, in words that follow the name of the property. Empty for what is right or not yet known. */
  get faults(): readonly string[] {
    return [...faultsOf("allow", this.allowed), ...faultsOf("deny", this.denied)];
  }

  /** What is allowed but can hardly be meant: entries of both lists that cover the same addresses, and lists in vain. */
  get warnings(): readonly string[] {
    if (!hasEntries(this.allowed) || !hasEntries(this.denied)) {
      return [];
    }
    const overlaps = known(this.denied).flatMap((denied) =>
      known(this.allowed)
        .filter((allowed) => overlap(allowed.rule, denied.rule))
        .map(
          (allowed) =>
            `${JSON.stringify(denied.entry)} is denied and, by ${JSON.stringify(allowed.entry)}, allowed: it is allowed. ` +
            "Narrow the allow list instead",
        ),
    );
    return [
      ...overlaps,
      "the deny list has no effect beside the allow list, which alone decides: only the addresses on it are admitted",
    ];
  }
}

interface KnownEntry {
  readonly entry: string;
  readonly rule: AddressRule;
}

function known(entries: readonly string[] | undefined): readonly KnownEntry[] {
  if (entries === undefined || isLate(entries)) {
    return [];
  }
  return entries.flatMap((entry) => {
    const parsed = isLate(entry) ? undefined : parseAddressRule(entry);
    return parsed?.ok === true ? [{ entry, rule: parsed.value }] : [];
  });
}

function faultsOf(list: string, entries: readonly string[] | undefined): readonly string[] {
  if (entries === undefined || isLate(entries)) {
    return [];
  }
  const { faults } = parseAddressList(entries.filter((entry) => !isLate(entry)));
  return faults.map((fault) => `${list}: ${fault}`);
}

function hasEntries(entries: readonly string[] | undefined): boolean {
  return entries !== undefined && (isLate(entries) || entries.length > 0);
}

/** Blocks either hold one another or share nothing. */
function overlap(left: AddressRule, right: AddressRule): boolean {
  const [wide, narrow] = left.prefixLength <= right.prefixLength ? [left, right] : [right, left];
  return ruleContains(wide, { family: narrow.family, value: narrow.network });
}
