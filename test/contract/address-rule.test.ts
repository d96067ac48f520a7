import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatAddress,
  formatAddressRule,
  parseAddress,
  parseAddressRule,
  ruleContains,
} from "../../contract/address-rule.ts";

/** An oracle that shares nothing with the code: addresses as strings of bits. */
const bitsOf = (value: bigint, size: number) => value.toString(2).padStart(size, "0");

const ipv4 = fc.bigInt(0n, 2n ** 32n - 1n);
const ipv6 = fc.bigInt(0n, 2n ** 128n - 1n).filter((value) => value >> 32n !== 0xffffn);
const writeIpv4 = (value: bigint) => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
const writeIpv6 = (value: bigint) =>
  Array.from({ length: 8 }, (_, group) => ((value >> BigInt(112 - 16 * group)) & 0xffffn).toString(16)).join(
    ":",
  );

const family = fc.constantFrom(
  { size: 32, values: ipv4, write: writeIpv4 },
  { size: 128, values: ipv6, write: writeIpv6 },
);
const block = family.chain(({ size, values, write }) =>
  fc.record({ value: values, prefix: fc.integer({ min: 1, max: size }) }).map(({ value, prefix }) => {
    const hostBits = BigInt(size - prefix);
    return { size, prefix, write, network: (value >> hostBits) << hostBits };
  }),
);

function rule(text: string) {
  const parsed = parseAddressRule(text);
  return parsed.ok ? parsed.value : expect.fail(`${text} ${parsed.fault}`);
}

function address(text: string) {
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.value : expect.fail(`${text} ${parsed.fault}`);
}

describe("an address rule", () => {
  test("holds exactly the addresses that begin with its bits", () => {
    fc.assert(
      fc.property(
        block,
        fc.bigInt(0n, 2n ** 128n - 1n),
        fc.boolean(),
        ({ size, prefix, write, network }, random, near) => {
          fc.pre(size === 32 || network >> 32n !== 0xffffn);
          const hostBits = BigInt(size - prefix);
          const value = near
            ? network | (random & ((1n << hostBits) - 1n))
            : random & ((1n << BigInt(size)) - 1n);
          fc.pre(size === 32 || value >> 32n !== 0xffffn);
          const expected = bitsOf(value, size).startsWith(bitsOf(network, size).slice(0, prefix));
          expect(ruleContains(rule(`${write(network)}/${prefix}`), address(write(value)))).toBe(expected);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("means the same for IPv4 and for IPv4 mapped into IPv6", () => {
    fc.assert(
      fc.property(ipv4, fc.integer({ min: 1, max: 32 }), (value, prefix) => {
        const hostBits = BigInt(32 - prefix);
        const network = writeIpv4((value >> hostBits) << hostBits);
        expect(rule(`::ffff:${network}/${96 + prefix}`)).toEqual(rule(`${network}/${prefix}`));
        expect(address(`::ffff:${writeIpv4(value)}`)).toEqual(address(writeIpv4(value)));
        expect(address(writeIpv6((0xffffn << 32n) | value))).toEqual(address(writeIpv4(value)));
      }),
    );
  });

  test("reads its canonical spelling as itself", () => {
    fc.assert(
      fc.property(block, ({ size, prefix, write, network }) => {
        fc.pre(size === 32 || network >> 32n !== 0xffffn);
        const parsed = rule(`${write(network)}/${prefix}`);
        expect(rule(formatAddressRule(parsed))).toEqual(parsed);
        const first = address(write(network));
        expect(address(formatAddress(first))).toEqual(first);
      }),
    );
  });

  test("never mixes families: a wide IPv6 rule holds no IPv4 address", () => {
    expect(ruleContains(rule("::/1"), address("10.1.2.3"))).toBe(false);
    expect(ruleContains(rule("::/1"), address("::ffff:10.1.2.3"))).toBe(false);
    expect(ruleContains(rule("::/1"), address("::10.1.2.3"))).toBe(true);
  });

  test("survives any text, and refuses what is not an address", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseAddressRule(text);
        expect(parsed.ok === true || parsed.fault.length > 0).toBe(true);
      }),
    );
  });

  test.each([
    ["10.0.0.1/8", "has host bits set; did you mean the network 10.0.0.0/8 or the one address 10.0.0.1?"],
    [
      "2001:db8::1/32",
      "has host bits set; did you mean the network 2001:db8::/32 or the one address 2001:db8::1?",
    ],
    ["0.0.0.0/0", "covers every address"],
    ["::/0", "covers every address"],
    ["::ffff:0:0/96", "covers every IPv4 address"],
    ["10.0.0.0/33", "has a prefix length that is not a number from 1 to 32"],
    ["10.0.0.0/08", "has a prefix length"],
    ["10.0.0.0/", "has a prefix length"],
    ["10.0.0.0/255.0.0.0", "has a netmask; did you mean 10.0.0.0/8?"],
    ["10.0.0.0/8/8", "has more than one slash"],
    ["010.0.0.1", "has a leading zero, which some programs read as octal; did you mean 10.0.0.1?"],
    ["10.1", "is not an IPv4 or IPv6 address"],
    ["0x0a000001", "is a host name"],
    ["167772161", "is not an IPv4 or IPv6 address"],
    ["fe80::1%eth0", "has a zone index, which means nothing to another host; did you mean fe80::1?"],
    ["example.org", "is a host name"],
    ["10.0.0.1:443", "has a port; did you mean 10.0.0.1?"],
    ["[2001:db8::1]:443", "has brackets; did you mean 2001:db8::1?"],
    ["10.0.0.1-10.0.0.9", "is a range"],
    ["", "is empty"],
    ["1:2:3", "is not an IPv4 or IPv6 address"],
  ])("refuses %j with the likely intent", (text, message) => {
    const parsed = parseAddressRule(text);
    expect(parsed.ok ? "accepted" : parsed.fault).toContain(message);
  });
});
