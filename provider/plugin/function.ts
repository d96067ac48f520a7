/** Functions that configurations call as `provider::keyward::name(...)`: pure, and without a configured provider. */

import type { Shape } from "./schema.ts";
import type { Value } from "./values.ts";
import type { KnownConfigValue } from "./views.ts";

/** One parameter, in its place. Null and unknown arguments never reach the function. */
export interface Parameter<S extends Shape = Shape> {
  readonly name: string;
  readonly shape: S;
  readonly description: string;
}

/** An argument that the function cannot take; the message is a sentence for the user. */
export class ArgumentError extends Error {
  /** Which argument, from 0. */
  readonly argument: number;

  constructor(argument: number, message: string) {
    super(message);
    this.argument = argument;
  }
}

type Arguments<P extends readonly Parameter[]> = {
  readonly [N in keyof P]: P[N] extends Parameter<infer S> ? KnownConfigValue<S> : never;
};

/** A function, typed from its parameters. */
export interface FunctionDefinition<P extends readonly Parameter[], R extends Shape> {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: P;
  readonly returns: R;
  call(...given: Arguments<P>): KnownConfigValue<R>;
}

/** A function of any signature, as the framework's engine handles it. */
export interface ProviderFunction {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly returns: Shape;
  call(...given: readonly Value[]): Value;
}

/** Checks a function literal: its `call` must take and give what its signature says. */
export function defineFunction<const P extends readonly Parameter[], const R extends Shape>(
  definition: FunctionDefinition<P, R>,
): ProviderFunction {
  // Only ever called with values decoded by the definition's own parameters, which no type can say.
  return definition as unknown as ProviderFunction;
}
