import { ApiError } from "../errors.ts";
import { grantsOfGroup } from "../identity/rights-of.ts";
import type { WriteContext } from "./write-context.ts";

/**
 * Whoever lets somebody have what a group gives, by putting them into it or by enabling it, gives it away, so they must
 * hold all of it themselves. `field` is the one that would give it.
 */
export async function requireAllThatGroupGives(
  context: WriteContext,
  group: number,
  field: string,
): Promise<void> {
  const given = await grantsOfGroup(context.transaction, group);
  if (given.some((grant) => !context.rights.covers(grant))) {
    throw new ApiError("forbidden", `${field}: the group gives rights that you do not hold yourself`);
  }
}
