import { formatAddressRule, parseAddressRule } from "../../contract/address-rule.ts";
import { ArgumentError, defineFunction } from "../plugin/function.ts";

/** Function `normalize_cidr`. */
export const normalizeCidr = defineFunction({
  name: "normalize_cidr",
  summary: "An address or CIDR block in its one canonical spelling",
  description:
    "Two entries of a list mean the same exactly when this gives the same for both. What the server would refuse (host bits, " +
    "host names, a prefix of zero) is refused here with the same words.",
  parameters: [{ name: "entry", shape: { kind: "string" }, description: "An address or CIDR block." }],
  returns: { kind: "string" },
  call(entry) {
    const parsed = parseAddressRule(entry);
    if (!parsed.ok) {
      throw new ArgumentError(
        0,
        `${JSON.stringify(entry)} ${parsed.fault}${parsed.fault.endsWith("?") ? "" : "."}`,
      );
    }
    return formatAddressRule(parsed.value);
  },
});
