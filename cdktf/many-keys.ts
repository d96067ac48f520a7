import type { ApiKey } from "./api-key.ts";

/**
 * What is wrong with naming the one secret of a construct whose resource was turned into many, with an iterator or a count: the
 * reference would have no index, and Terraform says so in words that nobody finds here. Empty for one that is one.
 */
export function manyKeysProblem({ node, resource }: ApiKey): readonly string[] {
  const isOne = resource.forEach === undefined && resource.count === undefined;
  return isOne
    ? []
    : [
        `${node.path} is many keys (its resource has forEach or count), and this names the secret of one; make an ApiKey for each in a loop of your program, or put out a map of them with a TerraformOutput`,
      ];
}
