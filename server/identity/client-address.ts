import {
  type Address,
  type AddressRule,
  formatAddress,
  parseAddress,
  ruleContains,
} from "../../contract/address-rule.ts";

/**
 * The address a request comes from: the socket's, unless that is a trusted proxy; then the right-most hop of
 * X-Forwarded-For that is not itself trusted. The left-most is never believed for its place, since the client writes it.
 * A hop that is not an address ends the walk at the last one that was. Undefined only where the socket has no address.
 */
export function clientAddress(
  socketAddress: string | undefined,
  forwardedFor: string | undefined,
  trustedProxies: readonly AddressRule[],
): Address | undefined {
  const socket = parseAddress(withoutZone(socketAddress ?? ""));
  if (!socket.ok) {
    return undefined;
  }
  let current = socket.value;
  const hops = forwardedFor === undefined ? [] : forwardedFor.split(",").map((hop) => hop.trim());
  while (trustedProxies.some((proxy) => ruleContains(proxy, current))) {
    const hop = hops.pop();
    const parsed = hop === undefined ? undefined : parseAddress(hop);
    if (parsed?.ok !== true) {
      break;
    }
    current = parsed.value;
  }
  return current;
}

/** The address for logs and answers; "" where there is none. */
export function showAddress(address: Address | undefined): string {
  return address === undefined ? "" : formatAddress(address);
}

/** A link-local peer arrives as `fe80::1%eth0`; the zone names our interface, not the peer. */
function withoutZone(address: string): string {
  return address.split("%")[0] ?? "";
}
