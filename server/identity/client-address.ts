import {
  type Address,
  type AddressRule,
  formatAddress,
  parseAddress,
  ruleContains,
} from "../../contract/address-rule.ts";

/** Where a request comes from, and whom that was learnt from. */
export interface FoundAddress {
  /**
   * Undefined where the socket has no address, and where a trusted proxy wrote something else in its place: then it is
   * nobody's, and above all not the proxy's own, which may stand on an allow list.
   */
  readonly address: Address | undefined;
  /** The trusted proxies that were peeled off, nearest first. */
  readonly proxies: readonly Address[];
  /** What the last of the proxies wrote in place of an address; undefined where it wrote one. */
  readonly unreadableHop: string | undefined;
}

/**
 * The address a request comes from: the socket's, unless that is a trusted proxy; then the right-most hop of
 * X-Forwarded-For that is not itself trusted. The left-most is never believed for its place, since the client writes it.
 * A trusted proxy without the header asks for itself.
 */
export function clientAddress(
  socketAddress: string | undefined,
  forwardedFor: string | undefined,
  trustedProxies: readonly AddressRule[],
): FoundAddress {
  const socket = parseAddress(withoutZone(socketAddress ?? ""));
  const proxies: Address[] = [];
  if (!socket.ok) {
    return { address: undefined, proxies, unreadableHop: undefined };
  }
  let address = socket.value;
  const hops = forwardedFor === undefined ? [] : forwardedFor.split(",").map((hop) => hop.trim());
  while (isHeldByAny(trustedProxies, address)) {
    const hop = hops.pop();
    if (hop === undefined) {
      break;
    }
    proxies.push(address);
    const found = parseHop(hop);
    if (found === undefined) {
      return { address: undefined, proxies, unreadableHop: hop };
    }
    address = found;
  }
  return { address, proxies, unreadableHop: undefined };
}

/**
 * Reads a hop in the forms that proxies write: an address, an IPv4 address with a port, an IPv6 address in brackets with
 * or without one. Nothing else: what two programs could read differently names nobody.
 */
function parseHop(hop: string): Address | undefined {
  const [, inBrackets, v4, port = "0"] =
    /^(?:\[([^[\]]*:[^[\]]*)\]|(\d+\.\d+\.\d+\.\d+))(?::(\d{1,5}))?$/.exec(hop) ?? [];
  const parsed = parseAddress(withoutLinkLocalZone(inBrackets ?? v4 ?? hop));
  return parsed.ok && Number(port) <= 65_535 ? parsed.value : undefined;
}

/** The first ten bits of a link-local address (RFC 4291 section 2.5.6). */
const linkLocal: AddressRule = { family: 6, network: 0xfe80n << 112n, prefixLength: 10 };

/** The zone of a link-local address names an interface of the proxy; of any other address it makes no sense. */
function withoutLinkLocalZone(text: string): string {
  const bare = withoutZone(text);
  const parsed = parseAddress(bare);
  return parsed.ok && /^[^%]+%[\w.-]+$/.test(text) && ruleContains(linkLocal, parsed.value) ? bare : text;
}

function isHeldByAny(rules: readonly AddressRule[], address: Address): boolean {
  return rules.some((rule) => ruleContains(rule, address));
}

/** The address for logs and answers; "" where there is none. */
export function showAddress(address: Address | undefined): string {
  return address === undefined ? "" : formatAddress(address);
}

/** What belongs to one owner, for limits. Of an IPv6 address the first 64 bits: the rest is its owner's to change at will. */
export function networkOf(address: Address | undefined): string {
  const network = address?.family === 6 ? address.value >> 64n : (address?.value ?? "unknown");
  return `${address?.family ?? 0} ${network}`;
}

/** A link-local peer arrives as `fe80::1%eth0`; the zone names our interface, not the peer. */
function withoutZone(address: string): string {
  return address.split("%")[0] ?? "";
}
