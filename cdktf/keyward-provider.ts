import type { Construct } from "constructs";
import { TerraformStack } from "./framework.ts";
import { KeywardProvider as Binding, type KeywardProviderConfig } from "./generated/provider.ts";
import { judgeByPoliciesOfApp } from "./key-policy.ts";

/**
 * The provider of a stack. Endpoint and credentials are best left to `KEYWARD_ENDPOINT` and `KEYWARD_TOKEN`: what is written here is
 * synthesised into a file.
 *
 * Every stack with keys has one, which makes it the place where the policies of the whole app are applied.
 */
export class KeywardProvider extends Binding {
  constructor(scope: Construct, id: string, config: KeywardProviderConfig = {}) {
    super(scope, id, config);
    this.node.addValidation({
      validate: () => {
        judgeByPoliciesOfApp(TerraformStack.of(this));
        return [];
      },
    });
  }
}
