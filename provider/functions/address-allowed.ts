import { parseAddressList } from "../../contract/address-list.ts";
import { parseAddress, ruleContains } from "../../contract/address-rule.ts";
import { ArgumentError, defineFunction } from "../plugin/function.ts";

const addresses = { kind: "list", element: { kind: "string" } } as const;

/** Function `address_allowed`. */
export const addressAllowed = defineFunction({
  name: "address_allowed",
  summary: "Whether a key with these lists may be used from an address",
  description:
    "Decides as the server does: with an allow list, only the addresses on it pass and the deny list has no effect; without " +
    "one, all pass but those on the deny list.",
  parameters: [
    { name: "address", shape: { kind: "string" }, description: "An IPv4 or IPv6 address." },
    { name: "allow", shape: addresses, description: "The allow list: addresses and CIDR blocks." },
    { name: "deny", shape: addresses, description: "The deny list." },
  ],
  returns: { kind: "bool" },
  call(address, allow, deny) {
    const parsed = parseAddress(address);
    if (!parsed.ok) {
      throw new ArgumentError(0, `${JSON.stringify(address)} ${parsed.fault}.`);
    }
    const holds = (list: readonly string[], argument: number) => {
      const { rules, faults } = parseAddressList(list);
      if (faults.length > 0) {
        const problem = faults.join("; ");
        throw new ArgumentError(argument, problem.endsWith("?") ? problem : `${problem}.`);
      }
      return rules.some((rule) => ruleContains(rule, parsed.value));
    };
    const [isAllowed, isDenied] = [holds(allow, 1), holds(deny, 2)];
    return allow.length > 0 ? isAllowed : !isDenied;
  },
});
