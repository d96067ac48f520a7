import { eq } from "drizzle-orm";
import { signingKeys } from "../drizzle/schema.ts";
import type { Database } from "./database.ts";

/** Signs what the registry hands out. */
export interface Signer {
  /** As Terraform names keys: the long key id in upper case. */
  readonly keyId: string;
  readonly publicKey: string;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** The signer of this database: the same for every server on it. OpenPGP is loaded here, because it is seldom needed. */
export async function openSigner(database: Database): Promise<Signer> {
  const openpgp = await import("openpgp");
  const armoredKey = (await storedKey(database)) ?? (await makeKey(database));
  const key = await openpgp.readPrivateKey({ armoredKey });
  return {
    keyId: key.getKeyID().toHex().toUpperCase(),
    publicKey: key.toPublic().armor(),
    sign: async (bytes) => {
      const message = await openpgp.createMessage({ binary: bytes });
      return openpgp.sign({ message, signingKeys: key, detached: true, format: "binary" });
    },
  };
}

async function storedKey(database: Database): Promise<string | undefined> {
  const [row] = await database.select().from(signingKeys).where(eq(signingKeys.purpose, "registry"));
  return row?.privateKey;
}

/** Of servers that make one at the same time, the first to store it has made everybody's. */
async function makeKey(database: Database): Promise<string> {
  const { generateKey } = await import("openpgp");
  // RSA, because not every registry client takes newer kinds of keys.
  const { privateKey } = await generateKey({
    type: "rsa",
    rsaBits: 3072,
    userIDs: [{ name: "Keyward provider registry" }],
    format: "armored",
  });
  await database.insert(signingKeys).values({ purpose: "registry", privateKey }).onConflictDoNothing();
  return (await storedKey(database)) ?? privateKey;
}
