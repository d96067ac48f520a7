import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSecret, secretIdOf, secretPattern } from "../../../contract/secret.ts";
import { hashSecret, matchesSecret } from "../../../server/identity/secrets.ts";

const none = new Map<number, Uint8Array>();

describe("a secret", () => {
  test("has the published form and knows its public id", () => {
    for (let round = 0; round < 100; round += 1) {
      const secret = createSecret();
      expect(secret).toMatch(secretPattern);
      expect(secret).toHaveLength(65);
      expect(secretIdOf(secret)).toBe(secret.slice(3, 15));
      expect(matchesSecret(secret, hashSecret(secret, none), none)).toBe(true);
    }
  });

  test("is refused before any look-up when one character is changed", () => {
    const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const text = createSecret();
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(...base62), (index, character) => {
        fc.pre(text[index] !== character);
        const changed = text.slice(0, index) + character + text.slice(index + 1);
        expect(secretIdOf(changed)).toBeUndefined();
      }),
    );
  });

  test("is refused when anything stands around it", () => {
    const text = createSecret();
    for (const around of [` ${text}`, `${text} `, `${text}\n`, text.toUpperCase(), text.slice(1), ""]) {
      expect(secretIdOf(around)).toBeUndefined();
    }
  });

  test("does not match the hash of another one, nor no hash at all", () => {
    const [one, other] = [createSecret(), createSecret()];
    expect(matchesSecret(one, hashSecret(other, none), none)).toBe(false);
    expect(matchesSecret(one, undefined, none)).toBe(false);
    expect(secretIdOf(one)).not.toBe(secretIdOf(other));
  });

  test("is stored under the newest pepper, and still known under an older one while that is configured", () => {
    const [older, newer] = [randomBytes(32), randomBytes(32)];
    const text = createSecret();
    const storedEarlier = hashSecret(text, new Map([[1, older]]));
    const both = new Map([
      [1, older],
      [2, newer],
    ]);

    expect(storedEarlier.pepperVersion).toBe(1);
    expect(hashSecret(text, both).pepperVersion).toBe(2);
    expect(hashSecret(text, both).hash).not.toEqual(hashSecret(text, none).hash);
    expect(matchesSecret(text, storedEarlier, both)).toBe(true);
    expect(matchesSecret(text, storedEarlier, new Map([[2, newer]])), "its pepper is gone").toBe(false);
    expect(matchesSecret(text, hashSecret(text, none), both), "from before there was a pepper").toBe(true);
    expect(matchesSecret(text, { hash: hashSecret(text, none).hash, pepperVersion: 1 }, none)).toBe(false);
  });

  test("is checked and hashed as it was when the first ones were issued", () => {
    const text = "kw_000000000000_00000000000000000000000000000000000000000003Ae46e";
    const [checked, hash] = [secretIdOf(text), Buffer.from(hashSecret(text, none).hash).toString("hex")];
    expect({ checked, hash }).toMatchInlineSnapshot(`
      {
        "checked": undefined,
        "hash": "3e528b0bdde4e2268a65d4d69458794e2e427d50612f73cc55d970c073ae04cf",
      }
    `);
  });
});
