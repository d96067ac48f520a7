import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAddressList } from "../../../contract/address-list.ts";
import { parseAddress } from "../../../contract/address-rule.ts";
import { decideAddress } from "../../../server/access/address-lists.ts";

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
