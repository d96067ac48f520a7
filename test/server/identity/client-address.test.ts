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
    ["stops at a hop that is no address", "10.0.0.1", "192.0.2.1, unknown, 10.0.0.2", "10.0.0.2"],
    ["stops at a hop with a port", "10.0.0.1", "192.0.2.1:5000", "10.0.0.1"],
    ["is the last proxy where all hops are trusted", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["is the proxy where the header is empty", "10.0.0.1", "", "10.0.0.1"],
    ["leaves out the zone of a link-local peer", "fe80::1%eth0", "192.0.2.1", "fe80::1"],
  ])("%s", (_, socket, forwarded, expected) => {
    expect(seen(socket, forwarded)).toBe(expected);
  });

  test("is the socket's where nothing was forwarded", () => {
    expect(seen("10.0.0.1")).toBe("10.0.0.1");
  });

  test("is unknown where the socket has none, whatever is forwarded", () => {
    expect(clientAddress(undefined, "192.0.2.1", proxies)).toEqual({ address: undefined, proxies: [] });
  });
});
