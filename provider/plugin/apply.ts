/** An approved change, made: calls the resource's create, update or delete, and settles what it answers. */

import { ProviderError } from "./diagnostics.ts";
import { isWhollyKnown } from "./equality.ts";
import type { PrivateState } from "./private-state.ts";
import { type HookContext, Incomplete, type Resource } from "./resource.ts";
import type { Attributes } from "./schema.ts";
import { keepSpelling, withoutWriteOnly } from "./settling.ts";
import { Unknown } from "./unknown.ts";
import { isArray, isObject, type ObjectValue, type Value } from "./values.ts";

/** A change that the user has approved. */
export interface ApprovedChange {
  readonly prior: ObjectValue | null;
  /** Null destroys. */
  readonly planned: ObjectValue | null;
  /** Wholly known by now, and the only place of write-only values. Null when destroying. */
  readonly config: ObjectValue | null;
  readonly privateState: PrivateState;
  readonly hook: HookContext<unknown>;
}

/** The object afterwards. Errors beside a state mean that it was made but is not right; core then taints it. */
export interface Applied {
  readonly state: ObjectValue | null;
  readonly errors: readonly ProviderError[];
}

/** Makes a change. What it throws means that nothing was changed: core keeps the prior state. */
export async function applyChange(resource: Resource<unknown>, change: ApprovedChange): Promise<Applied> {
  const { prior, planned, privateState, hook } = change;
  if (planned === null) {
    if (prior !== null) {
      await resource.delete({ ...hook, state: prior, privateState });
    }
    return { state: null, errors: [] };
  }
  const outcome = await createOrUpdate(resource, change, planned);
  const errors = outcome instanceof Incomplete ? [outcome.error] : [];
  const state = outcome instanceof Incomplete ? outcome.state : outcome;
  const settled = settle(resource.schema.attributes, planned, state);
  return {
    state: settled,
    errors: isWhollyKnown(state) ? errors : [...errors, leftUnknown(resource, state)],
  };
}

function createOrUpdate(
  resource: Resource<unknown>,
  { prior, config, privateState, hook }: ApprovedChange,
  plan: ObjectValue,
): Promise<ObjectValue | Incomplete<ObjectValue>> {
  const input = { ...hook, plan, config: config ?? plan, privateState };
  if (prior === null) {
    return resource.create(input);
  }
  if (resource.update === undefined) {
    throw new Error(`${resource.typeName} has no update`);
  }
  return resource.update({ ...input, prior });
}

/** The answer in the plan's spelling. A value still unknown is stored as none, so that the object itself is not lost. */
function settle(attributes: Attributes, planned: ObjectValue, state: ObjectValue): ObjectValue {
  const known = Object.fromEntries(
    Object.entries(state).map(([name, value]) => [name, withoutUnknown(value)]),
  );
  return withoutWriteOnly(attributes, keepSpelling(attributes, planned, known));
}

function withoutUnknown(value: Value): Value {
  if (value instanceof Unknown) {
    return null;
  }
  if (isArray(value)) {
    return value.map(withoutUnknown);
  }
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutUnknown(item)]))
    : value;
}

function leftUnknown(resource: Resource<unknown>, state: ObjectValue): ProviderError {
  const names = Object.keys(state).filter((name) => !isWhollyKnown(state[name]));
  return new ProviderError(`${resource.typeName} was changed, but ${names.join(", ")} is still unknown`, {
    detail: "This is a defect of the provider; please report it.",
  });
}
