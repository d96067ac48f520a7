import type { Construct } from "constructs";
import { propertyAccess, TerraformElement, type TerraformProvider, Token } from "./framework.ts";

/** Which provider draws the secret. */
export interface EphemeralSecretProps {
  /**
   * The provider to draw it with, where there are several.
   *
   * @default - the stack's Keyward provider
   */
  readonly provider?: TerraformProvider;
}

/**
 * A secret that Terraform draws on each run and stores nowhere: the provider's ephemeral resource `keyward_secret`. Give it to a key, and
 * to a secret store that takes write-only values as well:
 *
 *     const drawn = new EphemeralSecret(this, "Drawn");
 *     new ApiKey(this, "Deploy", {
 *       user, name: "deploy", expiry: Expiry.never(), ownSecret: { secret: drawn.secret, version: 1 },
 *     });
 *
 * Each run draws another, and a key or a store takes it only when it is made or its version changes: give both one version, and raise it after
 * an apply that failed, or they may have different secrets. Terraform or OpenTofu 1.11 or later.
 */
export class EphemeralSecret extends TerraformElement {
  readonly #provider: TerraformProvider | undefined;

  constructor(scope: Construct, id: string, props: EphemeralSecretProps = {}) {
    super(scope, id, "ephemeral.keyward_secret");
    this.#provider = props.provider;
  }

  /** The secret, as a token. Terraform takes it where nothing is stored: for write-only arguments, and provisioners. */
  get secret(): string {
    return this.#attribute("secret");
  }

  /** The public part of the secret, by which a key can be told in logs, as a token. */
  get secretId(): string {
    return this.#attribute("secret_id");
  }

  /** What is synthesised. Written here because cdktf 0.21 has no class for ephemeral types, and generates no binding for one. */
  override toTerraform(): {
    readonly ephemeral: { readonly keyward_secret: Readonly<Record<string, object>> };
  } {
    const block = this.#provider === undefined ? {} : { provider: this.#provider.fqn };
    return { ephemeral: { keyward_secret: { [this.friendlyUniqueId]: block } } };
  }

  #attribute(name: string): string {
    return Token.asString(propertyAccess(this.fqn, [name]));
  }
}
