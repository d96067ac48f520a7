import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createSecret,
  hashSecret,
  matchesSecret,
  secretIdOf,
  secretPattern,
} from "../../../server/identity/secrets.ts";

describe("a secret", () => {
  test("has the published form and knows its public id", () => {
    for (let round = 0; round < 100; round += 1) {
      const secret = createSecret();
      expect(secret.text).toMatch(secretPattern);
      expect(secret.text).toHaveLength(65);
      expect(secretIdOf(secret.text)).toBe(secret.id);
      expect(matchesSecret(secret.text, secret.hash)).toBe(true);
    }
  });

  test("is refused before any look-up when one character is changed", () => {
    const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const { text } = createSecret();
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(...base62), (index, character) => {
        fc.pre(text[index] !== character);
        const changed = text.slice(0, index) + character + text.slice(index + 1);
        expect(secretIdOf(changed)).toBeUndefined();
      }),
    );
  });

  test("is refused when anything stands around it", () => {
    const { text } = createSecret();
    for (const around of [` ${text}`, `${text} `, `${text}\n`, text.toUpperCase(), text.slice(1), ""]) {
      expect(secretIdOf(around)).toBeUndefined();
    }
  });

  test("does not match the hash of another one, nor no hash at all", () => {
    const [one, other] = [createSecret(), createSecret()];
    expect(matchesSecret(one.text, other.hash)).toBe(false);
    expect(matchesSecret(one.text, undefined)).toBe(false);
    expect(one.id).not.toBe(other.id);
  });

  test("is checked and hashed as it was when the first ones were issued", () => {
    const text = "kw_000000000000_00000000000000000000000000000000000000000003Ae46e";
    const [checked, hash] = [secretIdOf(text), Buffer.from(hashSecret(text)).toString("hex")];
    expect({ checked, hash }).toMatchInlineSnapshot(`
      {
        "checked": undefined,
        "hash": "3e528b0bdde4e2268a65d4d69458794e2e427d50612f73cc55d970c073ae04cf",
      }
    `);
  });
});
