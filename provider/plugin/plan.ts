/** A plan of one change: the schema's rules, then the resource's own hook, then what follows from both. */

import { type Path, toPath } from "./diagnostics.ts";
import { sameValue } from "./equality.ts";
import { changedPaths, planObject, planUpdate, replacedPaths } from "./planning.ts";
import type { PrivateState } from "./private-state.ts";
import type { HookContext, Resource } from "./resource.ts";
import { withoutWriteOnly } from "./settling.ts";
import type { ObjectValue } from "./values.ts";

/** A change to plan. Without configuration the object is to be destroyed, without prior state it is to be made. */
export interface Change {
  readonly config: ObjectValue | null;
  readonly prior: ObjectValue | null;
  readonly privateState: PrivateState;
  readonly hook: HookContext<unknown>;
}

/** The state that the change leads to (null: destroyed), and the attributes that need a new object for it. */
export interface ChangePlan {
  readonly planned: ObjectValue | null;
  readonly replacements: readonly Path[];
}

/** Plans a change. Core calls it twice with the same facts, at plan and at apply, and both must come out the same. */
export async function planChange(resource: Resource<unknown>, change: Change): Promise<ChangePlan> {
  const { config, prior, hook } = change;
  if (config === null) {
    if (prior !== null) {
      await resource.planDelete?.({ ...hook, state: prior });
    }
    return { planned: null, replacements: [] };
  }
  const requested: Path[] = [];
  const planned = await amend(resource, change, config, requested);
  if (prior === null) {
    return { planned, replacements: [] };
  }
  const { attributes } = resource.schema;
  if (sameValue({ kind: "object", attributes }, planned, prior)) {
    return { planned: prior, replacements: [] };
  }
  const required = replacedPaths(attributes, prior, planned);
  const impossible = resource.update === undefined ? changedPaths(attributes, prior, planned) : [];
  return {
    planned: planUpdate(attributes, config, prior, planned),
    replacements: distinct([...required, ...impossible, ...requested]),
  };
}

async function amend(
  resource: Resource<unknown>,
  { prior, privateState, hook }: Change,
  config: ObjectValue,
  requested: Path[],
): Promise<ObjectValue> {
  const { attributes } = resource.schema;
  const { planned, changes } = planObject(attributes, config, prior);
  const amended = await resource.plan?.({
    ...hook,
    config,
    prior,
    planned,
    changes,
    privateState,
    replaceFor: (attribute) => requested.push(toPath(attribute)),
  });
  return amended === undefined ? planned : withoutWriteOnly(attributes, amended);
}

function distinct(paths: readonly Path[]): Path[] {
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()];
}
