import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAddressList } from "../../../contract/address-list.ts";
import { parseAddress } from "../../../contract/address-rule.ts";
import {
  decideAddress,
  describeLists,
  explainAddress,
  overlapsOf,
} from "../../../server/access/address-lists.ts";

const lists = (allow: readonly string[], deny: readonly string[]) => ({
  allow: { isEmpty: allow.length === 0, rules: parseAddressList(allow).rules },
  deny: { isEmpty: deny.length === 0, rules: parseAddressList(deny).rules },
});

function address(text: string) {
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.value : expect.fail(parsed.fault);
}

describe("the address lists of a key", () => {
  test("decide by the allow list alone where there is one, else by the deny list", () => {
    const host = fc.integer({ min: 0, max: 7 }).map((last) => `192.0.2.${last}`);
    fc.assert(
      fc.property(fc.uniqueArray(host), fc.uniqueArray(host), host, (allow, deny, caller) => {
        const passes = allow.length > 0 ? allow.includes(caller) : !deny.includes(caller);
        expect(decideAddress(lists(allow, deny), address(caller)) === "allowed").toBe(passes);
      }),
    );
  });

  test("admit nobody when every entry of the allow list is switched off", () => {
    const switchedOff = { allow: { isEmpty: false, rules: [] }, deny: { isEmpty: true, rules: [] } };
    expect(decideAddress(switchedOff, address("192.0.2.1"))).toBe("not_on_allow_list");
  });

  test("admit everybody when every entry of the deny list is switched off", () => {
    const switchedOff = { allow: { isEmpty: true, rules: [] }, deny: { isEmpty: false, rules: [] } };
    expect(decideAddress(switchedOff, address("192.0.2.1"))).toBe("allowed");
  });

  test("admit an unknown address only where no list says anything", () => {
    expect(decideAddress(lists([], []), undefined)).toBe("allowed");
    expect(decideAddress(lists(["192.0.2.1"], []), undefined)).toBe("not_on_allow_list");
    expect(decideAddress(lists([], ["192.0.2.1"]), undefined)).toBe("on_deny_list");
  });
});

describe("the address lists of a key, in words,", () => {
  const on = (...addresses: readonly string[]) =>
    addresses.map((entry) => ({ address: entry, enabled: true }));
  const off = (...addresses: readonly string[]) =>
    addresses.map((entry) => ({ address: entry, enabled: false }));

  test.each([
    [[], [], "The key works from any address."],
    [[], off("192.0.2.1"), "The key works from any address."],
    [[], on("192.0.2.1", "10.0.0.0/8"), "The key works from any address but 192.0.2.1 and 10.0.0.0/8."],
    [on("192.0.2.1"), on("192.0.2.1"), "The key works from 192.0.2.1 only."],
    [[...on("192.0.2.1"), ...off("192.0.2.2")], [], "The key works from 192.0.2.1 only."],
    [
      on("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6", "192.0.2.7"),
      [],
      "The key works from 192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4, 192.0.2.5, and 2 more only.",
    ],
    [
      off("192.0.2.1"),
      [],
      "The key works from nowhere: the allow list has entries, and none of them is switched on.",
    ],
  ])("%j and %j: %s", (allow, deny, sentence) => {
    expect(describeLists({ allow, deny })).toBe(sentence);
  });

  test("overlap exactly where an address is in an entry of each", () => {
    const block = fc
      .tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 29, max: 32 }))
      .map(([last, length]) => `192.0.2.${last & ~(2 ** (32 - length) - 1)}/${length}`);
    const hosts = Array.from({ length: 8 }, (_, last) => `192.0.2.${last}`);
    fc.assert(
      fc.property(block, block, (allow, deny) => {
        const isIn = (entry: string, host: string) =>
          explainAddress({ allow: on(entry), deny: [] }, address(host)).allowed;
        const isShared = hosts.some((host) => isIn(allow, host) && isIn(deny, host));
        expect(overlapsOf({ allow: on(allow), deny: on(deny) }).length > 0).toBe(isShared);
        expect(overlapsOf({ allow: on(allow), deny: off(deny) })).toEqual([]);
      }),
    );
  });
});
