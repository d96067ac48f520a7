import type { Problem } from "./plugin/schema.ts";

/** Checks that a text has the form of an age public key (age-encryption.org/v1): Bech32 with the prefix `age`. */
export function checkRecipient(text: string): Problem {
  return /^age1(pq1)?[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{20,}$/.test(text)
    ? null
    : `The value ${JSON.stringify(text)} is not an age public key, which begins with age1 (age-keygen makes one).`;
}

/** Encrypts a text so that each of the recipients can read it, in age's armoured form. */
export async function encryptFor(recipients: readonly string[], text: string): Promise<string> {
  // Loaded when it is needed: most keys are delivered otherwise, and the start of the provider is what users wait for.
  const { armor, Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    encrypter.addRecipient(recipient);
  }
  return armor.encode(await encrypter.encrypt(text));
}
