/** Objects that come from elsewhere by a `moved` block (Terraform 1.8, OpenTofu 1.10). */

import { ProviderError } from "./diagnostics.ts";
import type { Provider, Resource } from "./resource.ts";
import { upgradeState } from "./upgrade.ts";
import type { ObjectValue } from "./values.ts";

/** What core says of the object that moves. */
export interface Origin {
  /** In the full form, such as `registry.terraform.io/namespace/name`. */
  readonly providerAddress: string;
  readonly typeName: string;
  readonly schemaVersion: number;
  readonly json: Uint8Array;
}

/**
 * The state of an object under this provider, from what the same provider stored under another address: it may be
 * installed from another registry now. States of other providers mean nothing here.
 */
export function moveState(
  provider: Provider,
  target: Resource<unknown>,
  { providerAddress, typeName, schemaVersion, json }: Origin,
): ObjectValue | null {
  const isOurs = provider.hasAddress?.(providerAddress) === true;
  if (!isOurs || typeName !== target.typeName) {
    throw new ProviderError(`A ${typeName} of ${providerAddress} cannot become a ${target.typeName}`, {
      detail:
        `Only a ${target.typeName} can, of this same provider under another address. Import the object into a new ` +
        "resource, and take the old one out of the state with a removed block.",
    });
  }
  return upgradeState(target, schemaVersion, json);
}
