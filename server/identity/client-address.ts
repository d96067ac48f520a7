import {
  type Address,
  type AddressRule,
  formatAddress,
  parseAddress,
  ruleContains,
} from "../../contract/address-rule.ts";

/** Where a request comes from, and whom that was learnt from. */
export interface FoundAddress {
  /** Undefined only where the socket has no address. */
  readonly address: Address | undefined;
  /** The trusted proxies that were peeled off, nearest first. */
  readonly proxies: readonly Address[];
}

/**
 * The address a request comes from: the socket's, unless that is a trusted proxy; then the right-most hop of
 * X-Forwarded-For that is not itself trusted. The left-most is never believed for its place, since the client writes it.
 * A hop that is not an address ends the walk at the last one that was.
 */
export function clientAddress(
  socketAddress: string | undefined,
  forwardedFor: string | undefined,
  trustedProxies: readonly AddressRule[],
): FoundAddress {
  const socket = parseAddress(withoutZone(socketAddress ?? ""));
  if (!socket.ok) {
    return { address: undefined, proxies: [] };
  }
  let address = socket.value;
  const proxies: Address[] = [];
  const hops = forwardedFor === undefined ? [] : forwardedFor.split(",").map((hop) => hop.trim());
  while (isHeldByAny(trustedProxies, address)) {
    const hop = hops.pop();
    const parsed = hop === undefined ? undefined : parseAddress(hop);
    if (parsed?.ok !== true) {
      break;
    }
    proxies.push(address);
    address = parsed.value;
  }
  return { address, proxies };
}

function isHeldByAny(rules: readonly AddressRule[], address: Address): boolean {
  return rules.some((rule) => ruleContains(rule, address));
}

/** The address for logs and answers; "" where there is none. */
export function showAddress(address: Address | undefined): string {
  return address === undefined ? "" : formatAddress(address);
}

/** A link-local peer arrives as `fe80::1%eth0`; the zone names our interface, not the peer. */
function withoutZone(address: string): string {
  return address.split("%")[0] ?? "";
}
