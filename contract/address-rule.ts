import ipaddr from "ipaddr.js";

/**
 * A set of client addresses: one address or a CIDR block. IPv4-mapped IPv6 (`::ffff:a.b.c.d`) is IPv4 throughout,
 * so that a rule means the same on an IPv4 and on a dual-stack socket (see CVE-2026-39409 for what happens otherwise).
 */
export interface AddressRule {
  readonly family: 4 | 6;
  /** The first address of the block, as a number of 32 or 128 bits. */
  readonly network: bigint;
  readonly prefixLength: number;
}

/** A client address in canonical form: IPv4-mapped IPv6 is IPv4. */
export interface Address {
  readonly family: 4 | 6;
  /** The address as a number of 32 or 128 bits. */
  readonly value: bigint;
}

/** What parsing gives: a value, or what is wrong in words that follow the quoted entry ("… has host bits set"). */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: string };

const addressBits = { 4: 32, 6: 128 } as const;

/**
 * Reads one entry of an allow or deny list. Stricter than most parsers on purpose: whatever two programs could read
 * differently (host bits, octal digits, short forms, zones, names) is refused with the likely intent.
 */
export function parseAddressRule(entry: string): Parsed<AddressRule> {
  const [addressText = "", prefixText, ...rest] = entry.trim().split("/");
  if (rest.length > 0) {
    return fault(
      "has more than one slash; write an address such as 192.0.2.7 or a CIDR such as 192.0.2.0/24",
    );
  }
  const address = parseAddressAsWritten(addressText);
  if (!address.ok) {
    return address;
  }
  if (prefixText === undefined) {
    const { family, value } = canonical(address.value);
    return { ok: true, value: { family, network: value, prefixLength: addressBits[family] } };
  }
  return parseBlock(address.value, addressText, prefixText);
}

/** Reads a client address as it comes from a socket or a proxy header. */
export function parseAddress(text: string): Parsed<Address> {
  const address = parseAddressAsWritten(text);
  return address.ok ? { ok: true, value: canonical(address.value) } : address;
}

/** Whether the rule covers the address. Families never mix: an IPv6 rule, even a wide one, holds no IPv4 address. */
export function ruleContains(rule: AddressRule, address: Address): boolean {
  const hostBits = BigInt(addressBits[rule.family] - rule.prefixLength);
  return rule.family === address.family && rule.network >> hostBits === address.value >> hostBits;
}

/** The canonical spelling: equal rules give equal strings. A block of one address is written without its prefix. */
export function formatAddressRule(rule: AddressRule): string {
  const text = formatAddress({ family: rule.family, value: rule.network });
  return rule.prefixLength === addressBits[rule.family] ? text : `${text}/${rule.prefixLength}`;
}

/** The canonical spelling of an address (RFC 5952 for IPv6). */
export function formatAddress(address: Address): string {
  const size = addressBits[address.family] / 8;
  const bytes = Array.from({ length: size }, (_, index) =>
    Number((address.value >> BigInt(8 * (size - 1 - index))) & 0xffn),
  );
  const parsed = ipaddr.fromByteArray(bytes);
  return parsed instanceof ipaddr.IPv6 ? parsed.toRFC5952String() : parsed.toString();
}

function parseBlock(written: Address, addressText: string, prefixText: string): Parsed<AddressRule> {
  if (prefixText.includes(".")) {
    return fault(netmaskAdvice(addressText, prefixText));
  }
  if (!/^(0|[1-9]\d{0,2})$/.test(prefixText) || Number(prefixText) > addressBits[written.family]) {
    return fault(`has a prefix length that is not a number from 1 to ${addressBits[written.family]}`);
  }
  const prefixLength = Number(prefixText);
  if (prefixLength === 0) {
    return fault("covers every address; leave the list empty, or remove the entry, if that is what you mean");
  }
  const hostBits = BigInt(addressBits[written.family] - prefixLength);
  const network = (written.value >> hostBits) << hostBits;
  if (network !== written.value) {
    const block = `${formatAddress({ family: written.family, value: network })}/${prefixLength}`;
    return fault(`has host bits set; did you mean the network ${block} or the one address ${addressText}?`);
  }
  const address = canonical(written);
  if (address.family === written.family) {
    return { ok: true, value: { family: written.family, network, prefixLength } };
  }
  return prefixLength > 96
    ? { ok: true, value: { family: 4, network: address.value, prefixLength: prefixLength - 96 } }
    : fault("covers every IPv4 address; leave the list empty, or remove the entry, if that is what you mean");
}

/** Does not fold IPv4-mapped addresses, because a prefix length counts the bits of the family as written. */
function parseAddressAsWritten(text: string): Parsed<Address> {
  if (text === "") {
    return fault("is empty; write an address such as 192.0.2.7 or a CIDR such as 192.0.2.0/24");
  }
  if (text.includes("%")) {
    return fault(
      `has a zone index, which means nothing to another host; did you mean ${text.split("%")[0]}?`,
    );
  }
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !(text.includes(":") && ipaddr.IPv6.isValid(text))) {
    return fault(intent(text));
  }
  const bytes = ipaddr.parse(withoutDottedTail(text)).toByteArray();
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { ok: true, value: { family: bytes.length === 4 ? 4 : 6, value } };
}

/**
 * Writes the dotted end of an IPv6 address (`::ffff:192.0.2.1`) in hexadecimal. ipaddr.js takes the withdrawn
 * IPv4-compatible form (`::192.0.2.1`, RFC 4291 section 2.5.5.1) for the IPv4-mapped one, which is another address.
 */
function withoutDottedTail(text: string): string {
  const [, head, tail] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? [];
  if (head === undefined || tail === undefined) {
    return text;
  }
  const [a = 0, b = 0, c = 0, d = 0] = tail.split(".").map(Number);
  return `${head}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

function canonical(address: Address): Address {
  const isMapped = address.family === 6 && address.value >> 32n === 0xffffn;
  return isMapped ? { family: 4, value: address.value & 0xffffffffn } : address;
}

/** Says what the writer most likely meant by something that is not an address. */
function intent(text: string): string {
  const decimal = /^\d+(\.\d+){3}$/.test(text) ? text.replace(/(^|\.)0+(?=\d)/g, "$1") : undefined;
  if (decimal !== undefined && decimal !== text && ipaddr.IPv4.isValidFourPartDecimal(decimal)) {
    return `has a leading zero, which some programs read as octal; did you mean ${decimal}?`;
  }
  if (/^\d+(\.\d+){3}:\d+$/.test(text)) {
    return `has a port; did you mean ${text.split(":")[0]}?`;
  }
  if (/^\[.+\](:\d+)?$/.test(text)) {
    return `has brackets; did you mean ${text.slice(1, text.indexOf("]"))}?`;
  }
  if (
    text.includes("-") &&
    text.split("-").every((part) => ipaddr.IPv4.isValidFourPartDecimal(part.trim()))
  ) {
    return "is a range; write the CIDR blocks that make it up, each as its own entry";
  }
  if (/[a-z]/i.test(text) && !text.includes(":")) {
    return "is a host name; write its address, because a name can change hands after it was checked";
  }
  return "is not an IPv4 or IPv6 address; write one such as 192.0.2.7 or 2001:db8::7, or a CIDR such as 192.0.2.0/24";
}

function netmaskAdvice(addressText: string, netmask: string): string {
  const length = ipaddr.IPv4.isValidFourPartDecimal(netmask)
    ? ipaddr.IPv4.parse(netmask).prefixLengthFromSubnetMask()
    : null;
  return length === null
    ? "has a prefix that is not a number; write a CIDR such as 192.0.2.0/24"
    : `has a netmask; did you mean ${addressText}/${length}?`;
}

function fault(text: string): { readonly ok: false; readonly fault: string } {
  return { ok: false, fault: text };
}
