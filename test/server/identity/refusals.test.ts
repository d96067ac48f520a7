import { expect, test } from "vitest";
import { Refusals } from "../../../server/identity/refusals.ts";

const textsOf = (refusals: Refusals<{ address: string; text: string }>) =>
  refusals.take().map(({ address, text }) => `${address} ${text}`);

test("refusals have one line a network, and one for the rest of a crowd, for each kind of them", () => {
  const refusals = new Refusals();
  for (let network = 1; network <= 8; network += 1) {
    for (const host of [1, 2, 3]) {
      refusals.note("unknown", { address: `2001:db8:0:${network}::${host}`, text: "unknown" });
    }
  }
  refusals.note("key 7", { address: "192.0.2.1", text: "expired" });
  refusals.note("key 7", { address: "192.0.2.2", text: "expired" });
  refusals.note("key 7", { address: "", text: "expired" });

  expect(textsOf(refusals)).toEqual([
    ...[1, 2, 3, 4, 5].map((network) => `2001:db8:0:${network}::1 unknown`),
    " unknown; 9 more times from other networks",
    "192.0.2.1 expired",
    "192.0.2.2 expired",
    " expired",
  ]);
  expect(textsOf(refusals), "they are taken once").toEqual([]);
});

test("refusals take no more memory than a thousand kinds of them do", () => {
  const refusals = new Refusals();
  for (let key = 0; key < 5000; key += 1) {
    refusals.note(`key ${key}`, { address: "192.0.2.1", text: `key ${key}` });
  }
  expect(refusals.take()).toHaveLength(1000);
});
