/**
 * A managed resource as one object literal, always in the order schema, validate, plan, read, create, update, delete,
 * import. The framework does everything that follows from the schema (see planning.ts); the hooks do the rest.
 */

import type { DataSource } from "./data-source.ts";
import type { Path, ProviderError, Report } from "./diagnostics.ts";
import type { EphemeralResource } from "./ephemeral.ts";
import type { ProviderFunction } from "./function.ts";
import type { PrivateState } from "./private-state.ts";
import type { Attributes, Schema } from "./schema.ts";
import type { Upgrades } from "./upgrade.ts";
import type { ObjectValue } from "./values.ts";
import type { Config, KnownConfig, Plan, Planned, State } from "./views.ts";

/** The types of one schema's values at each stage, see views.ts. */
interface Views {
  readonly config: unknown;
  readonly knownConfig: unknown;
  readonly planned: unknown;
  readonly plan: unknown;
  readonly state: unknown;
}

interface ViewsOf<S extends Schema> {
  readonly config: Config<S>;
  readonly knownConfig: KnownConfig<S>;
  readonly planned: Planned<S>;
  readonly plan: Plan<S>;
  readonly state: State<S>;
}

/** How the engine sees the values of a schema that it knows only at run time. */
interface AnyViews {
  readonly config: ObjectValue;
  readonly knownConfig: ObjectValue;
  readonly planned: ObjectValue;
  readonly plan: ObjectValue;
  readonly state: ObjectValue;
}

/** What every hook that talks to the outside is given. */
export interface HookContext<Client> {
  /** What the provider's `configure` returned. */
  readonly client: Client;
  /** Fires when the user stops the run; abort requests, then return what is known to exist. */
  readonly signal: AbortSignal;
  readonly warn: Report;
}

/** Before a plan, and offline: everything may still be unknown. */
interface ValidateInput<V extends Views> {
  readonly config: V["config"];
  readonly error: Report;
  readonly warn: Report;
}

/** The plan as the schema's rules made it, for the hook to amend. */
interface PlanInput<V extends Views, Client> extends HookContext<Client> {
  readonly config: V["config"];
  /** Null when a new object is planned (also in place of another one). */
  readonly prior: V["state"] | null;
  readonly planned: V["planned"];
  /** Whether the planned state differs from the prior one so far; false means "no change". */
  readonly changes: boolean;
  readonly privateState: PrivateState;
  /** Asks for a new object because of this attribute. It only counts if the attribute's value changes. */
  readonly replaceFor: (attribute: string | Path) => void;
}

/** Something went wrong half-way: what exists is saved, and the error is shown. A created object becomes tainted. */
export class Incomplete<T> {
  readonly state: T;
  readonly error: ProviderError;

  constructor(state: T, error: ProviderError) {
    this.state = state;
    this.error = error;
  }
}

interface ResourceOf<S extends Schema, V extends Views, Client> {
  readonly typeName: string;
  readonly schema: S;
  /**
   * The attribute that tells the object from every other of its type, as long as it lives, and that it is imported by.
   * Left out where no attribute stays the same: core takes an object whose identity changes for a defect.
   */
  readonly identity?: keyof S["attributes"] & string;
  /** Needed once the schema's version is above 0: how to read what older versions stored. */
  readonly upgrade?: Upgrades;
  /** Rules between attributes; rules of one attribute belong to its `validate`. Skip what is unknown. */
  validate?(input: ValidateInput<V>): void;
  /**
   * Amends the plan, e.g. marks a computed attribute unknown when this change gives it a new value. Runs at plan and
   * again at apply, so it must not look at a clock: decide by time in `read` and keep the decision in the state.
   */
  plan?(input: PlanInput<V, Client>): V["planned"] | Promise<V["planned"]>;
  /** A chance to warn before the object is destroyed. */
  planDelete?(input: HookContext<Client> & { readonly state: V["state"] }): void | Promise<void>;
  /** The object as it is now, or null when it is gone. */
  read(
    input: HookContext<Client> & { readonly state: V["state"]; readonly privateState: PrivateState },
  ): Promise<V["state"] | null>;
  create(
    input: HookContext<Client> & {
      readonly plan: V["plan"];
      readonly config: V["knownConfig"];
      readonly privateState: PrivateState;
    },
  ): Promise<V["state"] | Incomplete<V["state"]>>;
  /** Left out when every attribute that can change says `replace: true`. */
  update?(
    input: HookContext<Client> & {
      readonly prior: V["state"];
      readonly plan: V["plan"];
      readonly config: V["knownConfig"];
      readonly privateState: PrivateState;
    },
  ): Promise<V["state"] | Incomplete<V["state"]>>;
  /** Ends well also when the object is already gone. */
  delete(
    input: HookContext<Client> & { readonly state: V["state"]; readonly privateState: PrivateState },
  ): Promise<void>;
  /** The object that an id names, or null when there is none. Core reads it once more afterwards. */
  import?(
    input: HookContext<Client> & { readonly id: string; readonly privateState: PrivateState },
  ): Promise<V["state"] | null>;
}

/** A resource, typed from its schema. */
export interface ResourceDefinition<S extends Schema, Client> extends ResourceOf<S, ViewsOf<S>, Client> {}

/** A resource of any schema, as the framework's engine handles it. */
export interface Resource<Client> extends ResourceOf<Schema, AnyViews, Client> {}

/**
 * Gives the function that checks resource literals against their schema, for one type of client:
 * `const resource = resourcesOf<Client>();`
 */
export function resourcesOf<Client>(): <const A extends Attributes>(
  definition: ResourceDefinition<Schema<A>, Client>,
) => Resource<Client> {
  return (definition) =>
    // Hooks of a schema are only ever called with values decoded by that same schema (service.ts), which no type can say.
    definition as unknown as Resource<Client>;
}

interface ConfigureInput<V extends Views> {
  /** May hold unknowns: core also configures a provider whose settings depend on what is not applied yet. */
  readonly config: V["config"];
  readonly terraformVersion: string;
  readonly signal: AbortSignal;
  readonly warn: Report;
}

interface ProviderOf<S extends Schema, V extends Views, Client> {
  readonly schema: S;
  validate?(input: ValidateInput<V>): void;
  configure(input: ConfigureInput<V>): Client | Promise<Client>;
  /** Whether this is, or was, an address of this same provider; its objects can then be moved here. */
  hasAddress?(address: string): boolean;
  readonly resources: readonly Resource<Client>[];
  readonly dataSources?: readonly DataSource<Client>[];
  readonly ephemeralResources?: readonly EphemeralResource<Client>[];
  readonly functions?: readonly ProviderFunction[];
}

/** A provider, typed from its schema and the client that it makes. */
export interface ProviderDefinition<S extends Schema, Client> extends ProviderOf<S, ViewsOf<S>, Client> {}

/** A provider as the framework's engine handles it. */
export interface Provider extends ProviderOf<Schema, AnyViews, unknown> {}

/** Checks a provider literal: its resources must take the client that its `configure` gives. */
export function defineProvider<const A extends Attributes, Client>(
  definition: ProviderDefinition<Schema<A>, Client>,
): Provider {
  // Resources are only ever given the client that this definition's own `configure` returned (session.ts).
  return definition as unknown as Provider;
}
