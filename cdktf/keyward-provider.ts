import type { Construct } from "constructs";
import { atSynthesis } from "./at-synthesis.ts";
import { reportWarnings } from "./faults.ts";
import { App, TerraformStack } from "./framework.ts";
import { KeywardProvider as Binding, type KeywardProviderConfig } from "./generated/provider.ts";
import { judgeByPoliciesAbove } from "./key-policy.ts";
import { isLate } from "./late.ts";

/**
 * The provider of a stack. Endpoint and credentials are best left to `KEYWARD_ENDPOINT` and `KEYWARD_TOKEN`: what is written here is
 * synthesised into a file, and a credential that is no token is warned of.
 *
 * Every stack with keys has one, which makes it the place where the policies of the whole app are applied.
 */
export class KeywardProvider extends Binding {
  constructor(scope: Construct, id: string, config: KeywardProviderConfig = {}) {
    super(scope, id, config);
    for (const property of ["token", "password"] as const) {
      const value = config[property];
      if (value !== undefined && !isLate(value)) {
        reportWarnings(this, property, [
          `the credential is written here and will be in cdk.tf.json in clear; leave it to KEYWARD_${property.toUpperCase()}, or give a token`,
        ]);
      }
    }
    this.#applyPolicies();
  }

  /** After every aspect, which may change keys; where the app skips validations, before some of them rather than never. */
  #applyPolicies(): void {
    const stack = TerraformStack.of(this);
    const { root } = stack.node;
    this.node.addValidation({
      validate: () => {
        judgeByPoliciesAbove(stack);
        return [];
      },
    });
    if (App.isApp(root) && root.skipValidation) {
      atSynthesis(this, () => judgeByPoliciesAbove(stack));
    }
  }
}
