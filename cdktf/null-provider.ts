import { NullProvider } from "@cdktf/provider-null/lib/provider/index.js";
import type { Construct } from "constructs";
import { atSynthesis } from "./at-synthesis.ts";
import { TerraformProvider, TerraformStack } from "./framework.ts";

/**
 * Sees to it that the stack has the provider of `null_resource`, pinned to the version that the bindings were made from. Only at synthesis,
 * so that a program may declare its own before or after; and under an id that nobody else thinks of.
 */
export function requireNullProvider(construct: Construct): void {
  const stack = TerraformStack.of(construct);
  atSynthesis(construct, () => {
    const hasOne = stack.node
      .findAll()
      .some((node) => TerraformProvider.isTerraformProvider(node) && node.terraformResourceType === "null");
    if (!hasOne) {
      new NullProvider(stack, "KeywardNullProvider");
    }
  });
}
