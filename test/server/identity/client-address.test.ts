import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAddressList } from "../../../contract/address-list.ts";
import { clientAddress, showAddress } from "../../../server/identity/client-address.ts";

const proxies = parseAddressList(["10.0.0.0/8", "2001:db8:ffff::/48"]).rules;
const seen = (socket: string | undefined, forwarded?: string) =>
  showAddress(clientAddress(socket, forwarded, proxies).address);

describe("the client address", () => {
  test.each([
    ["is the socket's where it is no trusted proxy", "203.0.113.9", "192.0.2.1", "203.0.113.9"],
    ["is the right-most hop behind a trusted proxy", "10.0.0.1", "198.51.100.1, 192.0.2.1", "192.0.2.1"],
    ["passes over hops that are trusted themselves", "10.0.0.1", "192.0.2.1, 10.0.0.2,10.0.0.3", "192.0.2.1"],
    ["knows a proxy on a dual-stack socket", "::ffff:10.0.0.1", "192.0.2.1", "192.0.2.1"],
    ["knows a proxy by IPv6", "2001:db8:ffff::1", "2001:db8::7", "2001:db8::7"],
    ["is read with its port", "10.0.0.1", "192.0.2.1:5000, 10.0.0.2:443", "192.0.2.1"],
    ["is read in brackets", "10.0.0.1", "[2001:db8::7]", "2001:db8::7"],
    ["is read in brackets with a port", "10.0.0.1", "[2001:db8::7]:443", "2001:db8::7"],
    ["is IPv4 also in brackets", "10.0.0.1", "[::ffff:192.0.2.1]:443", "192.0.2.1"],
    ["is read without the zone of a link-local hop", "10.0.0.1", "fe80::1%eth0", "fe80::1"],
    ["is read so in brackets too", "10.0.0.1", "[fe80::1%eth0]:80", "fe80::1"],
    ["is the last proxy where all hops are trusted", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["leaves out the zone of a link-local peer", "fe80::1%eth0", "192.0.2.1", "fe80::1"],
  ])("%s", (_, socket, forwarded, expected) => {
    expect(seen(socket, forwarded)).toBe(expected);
  });

  test("is the socket's where nothing was forwarded", () => {
    expect(seen("10.0.0.1")).toBe("10.0.0.1");
  });

  test("is unknown where the socket has none, whatever is forwarded", () => {
    expect(clientAddress(undefined, "192.0.2.1", proxies)).toEqual({
      address: undefined,
      proxies: [],
      unreadableHop: undefined,
    });
  });

  test.each([
    "",
    "unknown",
    '"192.0.2.1"',
    "192.0.2.1:",
    "192.0.2.1:65536",
    "192.0.2.1:443:443",
    "192.0.2",
    "192.0.2.01",
    "[192.0.2.1]:443",
    "[2001:db8::7",
    "2001:db8::7]",
    "2001:db8::7%eth0",
    "fe80::1%",
    "for=192.0.2.1",
    "host.example.org",
  ])("is unknown where a trusted proxy wrote %j", (hop) => {
    const found = clientAddress("10.0.0.1", `192.0.2.9, ${hop}, 10.0.0.2`, proxies);
    expect(showAddress(found.address)).toBe("");
    expect(found.proxies.map(showAddress)).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(found.unreadableHop).toBe(hop);
    expect(seen("10.0.0.1", hop)).toBe("");
  });

  const anyHop = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.string({ maxLength: 20 }),
    fc.tuple(fc.ipV4(), fc.nat(70_000)).map(([address, port]) => `${address}:${port}`),
    fc.tuple(fc.ipV6(), fc.nat(70_000)).map(([address, port]) => `[${address}]:${port}`),
    fc.tuple(fc.ipV6(), fc.string({ maxLength: 5 })).map(([address, zone]) => `${address}%${zone}`),
    fc
      .tuple(fc.ipV4(), fc.constantFrom('"', "'", " x", "/32", ":", "\\", "%1"))
      .map((parts) => parts.join("")),
    fc.constantFrom("10.0.0.2", "10.0.0.3:80", "[2001:db8:ffff::2]:80"),
  );

  test("is never that of a proxy which wrote something after itself, whatever that was", () => {
    fc.assert(
      fc.property(fc.array(anyHop, { minLength: 1, maxLength: 4 }), (hops) => {
        fc.pre(hops.every((hop) => !hop.includes("10.0.0.1")));
        const { address, unreadableHop } = clientAddress("10.0.0.1", hops.join(", "), proxies);
        expect(address === undefined).toBe(unreadableHop !== undefined);
        expect(showAddress(address)).not.toBe("10.0.0.1");
      }),
      { numRuns: 2000 },
    );
  });
});
