/** Ephemeral resources: values for one run that are stored nowhere, as one object literal each. */

import type { Report } from "./diagnostics.ts";
import type { Json } from "./private-state.ts";
import type { HookContext } from "./resource.ts";
import type { Attributes, Schema } from "./schema.ts";
import type { ObjectValue } from "./values.ts";
import type { Config, KnownConfig, State } from "./views.ts";

/** What lasts between the calls of one run. Core keeps it in memory only. */
export interface Lease {
  readonly privateState?: Json;
  /** When to renew, in epoch seconds; never when left out. */
  readonly renewAt?: number;
}

/** An ephemeral resource, typed from its schema. */
export interface EphemeralDefinition<S extends Schema, Client> {
  readonly typeName: string;
  readonly schema: S;
  /** Rules between attributes. Skip what is unknown. */
  validate?(input: { readonly config: Config<S>; readonly error: Report; readonly warn: Report }): void;
  open(
    input: HookContext<Client> & { readonly config: KnownConfig<S> },
  ): Promise<Lease & { readonly result: State<S> }>;
  renew?(input: HookContext<Client> & { readonly privateState: Json }): Promise<Lease>;
  /** Ends well also when there is nothing left to close. */
  close?(input: HookContext<Client> & { readonly privateState: Json }): Promise<void>;
}

/** An ephemeral resource of any schema, as the framework's engine handles it. */
export interface EphemeralResource<Client> {
  readonly typeName: string;
  readonly schema: Schema;
  validate?(input: { readonly config: ObjectValue; readonly error: Report; readonly warn: Report }): void;
  open(
    input: HookContext<Client> & { readonly config: ObjectValue },
  ): Promise<Lease & { readonly result: ObjectValue }>;
  renew?(input: HookContext<Client> & { readonly privateState: Json }): Promise<Lease>;
  close?(input: HookContext<Client> & { readonly privateState: Json }): Promise<void>;
}

/** Gives the function that checks literals of ephemeral resources against their schema, for one type of client. */
export function ephemeralResourcesOf<Client>(): <const A extends Attributes>(
  definition: EphemeralDefinition<Schema<A>, Client>,
) => EphemeralResource<Client> {
  return (definition) =>
    // Hooks are only ever called with values decoded by the definition's own schema, which no type can say.
    definition as unknown as EphemeralResource<Client>;
}
