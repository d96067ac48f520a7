/** Data sources: what a configuration asks the outside world, as one object literal each. */

import type { Report } from "./diagnostics.ts";
import type { HookContext } from "./resource.ts";
import type { Attributes, Schema } from "./schema.ts";
import type { ObjectValue } from "./values.ts";
import type { Config, KnownConfig, State } from "./views.ts";

/** A data source, typed from its schema. */
export interface DataSourceDefinition<S extends Schema, Client> {
  readonly typeName: string;
  readonly schema: S;
  /** Rules between attributes. Skip what is unknown. */
  validate?(input: { readonly config: Config<S>; readonly error: Report; readonly warn: Report }): void;
  /** What was asked for, with the answers filled in. Throw a ProviderError where there is nothing to answer. */
  read(input: HookContext<Client> & { readonly config: KnownConfig<S> }): Promise<State<S>>;
}

/** A data source of any schema, as the framework's engine handles it. */
export interface DataSource<Client> {
  readonly typeName: string;
  readonly schema: Schema;
  validate?(input: { readonly config: ObjectValue; readonly error: Report; readonly warn: Report }): void;
  read(input: HookContext<Client> & { readonly config: ObjectValue }): Promise<ObjectValue>;
}

/** Gives the function that checks data source literals against their schema, for one type of client. */
export function dataSourcesOf<Client>(): <const A extends Attributes>(
  definition: DataSourceDefinition<Schema<A>, Client>,
) => DataSource<Client> {
  return (definition) =>
    // Hooks are only ever called with values decoded by the definition's own schema, which no type can say.
    definition as unknown as DataSource<Client>;
}
