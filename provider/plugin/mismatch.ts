import { ProviderError } from "./diagnostics.ts";
import type { Shape } from "./schema.ts";

/** Refuses a value that is not of its schema's shape, by its place; the value itself may be a secret. */
export function mismatch(shape: Shape, place: string): never {
  throw new ProviderError(`${place}: not a ${shape.kind}`, {
    detail: "The value does not fit the schema of this provider version.",
  });
}
