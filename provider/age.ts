import type { Problem } from "./plugin/schema.ts";

/**
 * The kinds of recipients that can be encrypted to, by the prefix of their Bech32 text, and how many bytes each holds:
 * X25519, its post-quantum hybrid, and the two of hardware that is tagged.
 */
const recipientBytes: ReadonlyMap<string, number> = new Map([
  ["age", 32],
  ["age1pq", 1216],
  ["age1tag", 33],
  ["age1tagpq", 1249],
]);

/** Bech32's alphabet (BIP 173): a character's place is the five bits that it stands for. */
const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

const checksumLength = 6;

/** Checks that a text is an age public key (age-encryption.org/v1), checksum and all: one wrong character is found. */
export function checkRecipient(text: string): Problem {
  const shown = JSON.stringify(text);
  const prefix = text.slice(0, Math.max(text.lastIndexOf("1"), 0));
  const data = [...text.slice(prefix.length + 1)].map((character) => alphabet.indexOf(character));
  const bytes = recipientBytes.get(prefix);
  if (bytes === undefined || data.includes(-1)) {
    return `The value ${shown} is not an age public key, which begins with age1 (age-keygen makes one).`;
  }
  if (data.length !== Math.ceil((bytes * 8) / 5) + checksumLength || !hasRightChecksum(prefix, data)) {
    return `The value ${shown} is an age public key with a mistake in it: its checksum is wrong. Copy it again.`;
  }
  return null;
}

/** Checks a whole set: encrypted for nobody, a secret could be read by nobody. */
export function checkRecipients(recipients: readonly string[]): Problem {
  return recipients.length > 0
    ? null
    : "The set is empty, so nobody could read the secret. Name a recipient, or leave the attribute out to have the secret in clear.";
}

/** Encrypts texts for the same readers, in age's armoured form. */
export type Encrypt = (text: string) => Promise<string>;

/**
 * Makes ready to encrypt for these recipients, and tries it once: what is wrong with one of them shows here, before there
 * is a secret to lose.
 */
export async function encryptFor(recipients: readonly string[]): Promise<Encrypt> {
  // Loaded when it is needed: most keys are delivered otherwise, and the start of the provider is what users wait for.
  const { armor, Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    encrypter.addRecipient(recipient);
  }
  const encrypt: Encrypt = async (text) => armor.encode(await encrypter.encrypt(text));
  await encrypt("");
  return encrypt;
}

/** Bech32's checksum: a remainder over the prefix and the data that is 1 when nothing was changed (BIP 173). */
function hasRightChecksum(prefix: string, data: readonly number[]): boolean {
  const codes = [...prefix].map((character) => character.charCodeAt(0));
  const values = [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...data];
  return values.reduce(checksumStep, 1) === 1;
}

const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

function checksumStep(checksum: number, value: number): number {
  const top = checksum >> 25;
  return generators.reduce(
    (sum, generator, bit) => (((top >> bit) & 1) === 1 ? sum ^ generator : sum),
    ((checksum & 0x1ffffff) << 5) ^ value,
  );
}
