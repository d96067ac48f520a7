import { type Encrypt, encryptFor } from "../age.ts";
import { ProviderError } from "../plugin/diagnostics.ts";
import type { KnownConfig } from "../plugin/views.ts";
import type { ApiKeyState, apiKeySchema } from "./api-key-schema.ts";

/** How the secret of a key reaches whoever is to have it. */
export interface Delivery {
  readonly encrypt: Encrypt | null;
  /** Whether the secret is the user's own, who has it already. */
  readonly isOwn: boolean;
}

/** Where the state has the secret, and what went wrong with that. */
export interface Delivered {
  readonly secrets: Pick<ApiKeyState, "secret" | "encrypted_secret">;
  readonly problem: ProviderError | null;
}

/** Makes ready to hand a secret over, before there is one: a recipient that cannot be encrypted to is refused here. */
export async function prepareDelivery({
  recipients,
  secret_wo,
}: KnownConfig<typeof apiKeySchema>): Promise<Delivery> {
  const isOwn = secret_wo !== null;
  if (recipients === null) {
    return { encrypt: null, isOwn };
  }
  try {
    return { encrypt: await encryptFor(recipients), isOwn };
  } catch (error) {
    throw new ProviderError("The secret cannot be encrypted for these recipients", {
      attribute: "recipients",
      detail:
        "At least one of them is a well-formed key that nothing can be encrypted to. Nothing was changed.",
      cause: error,
    });
  }
}

/** Hands a secret over. Never throws: the key exists by now, and the state has to have it. */
export async function deliver({ encrypt, isOwn }: Delivery, secret: string): Promise<Delivered> {
  if (encrypt === null) {
    return { secrets: { secret: isOwn ? null : secret, encrypted_secret: null }, problem: null };
  }
  try {
    return { secrets: { secret: null, encrypted_secret: await encrypt(secret) }, problem: null };
  } catch (error) {
    const problem = new ProviderError("The secret could not be encrypted, and is lost", {
      attribute: "recipients",
      detail: "The key is there, but nobody has its secret. Change the recipients, which rotates the key.",
      cause: error,
    });
    return { secrets: { secret: null, encrypted_secret: null }, problem };
  }
}
