/**
 * What a schema's values look like to each hook, as TypeScript types. Maps and objects are plain objects, lists and
 * sets are arrays. Every view says honestly what may be null or unknown at that moment.
 */

import type {
  AnyOptions,
  Attribute,
  Attributes,
  Collection,
  Nested,
  Primitive,
  Schema,
  Shape,
} from "./schema.ts";
import type { Unknown } from "./unknown.ts";

type PrimitiveValue<K> = K extends "string" ? string : K extends "number" ? number : boolean;

/** What the user wrote, at validate and plan: anything may be unknown; what the provider computes is null. */
export type Config<S extends Schema> = ConfigOf<S["attributes"]>;

/** What the user wrote, at apply: wholly known. The only view in which a write-only attribute has its value. */
export type KnownConfig<S extends Schema> = KnownConfigOf<S["attributes"]>;

/** The plan while it is being made: anything may be unknown. */
export type Planned<S extends Schema> = PlannedOf<S["attributes"]>;

/** The plan at apply: what the user wrote is known, what the provider computes may be unknown until it is done. */
export type Plan<S extends Schema> = PlanOf<S["attributes"]>;

/** What is stored: wholly known. Write-only attributes are null. */
export type State<S extends Schema> = StateOf<S["attributes"]>;

type Writable<O extends AnyOptions> = O extends { required: true } | { optional: true } ? true : false;

type ConfigOf<A extends Attributes> = { readonly [N in keyof A]: ConfigAttribute<A[N]> };
type ConfigAttribute<T> =
  T extends Attribute<infer S, infer O>
    ? Writable<O> extends true
      ? ConfigValue<S> | Unknown | (O extends { required: true } ? never : null)
      : null
    : never;
type ConfigValue<S extends Shape> =
  S extends Primitive<infer K>
    ? PrimitiveValue<K>
    : S extends Nested<infer A>
      ? ConfigOf<A>
      : S extends Collection<infer K, infer E>
        ? Elements<K, ConfigValue<E> | Unknown>
        : never;

type KnownConfigOf<A extends Attributes> = { readonly [N in keyof A]: KnownConfigAttribute<A[N]> };
type KnownConfigAttribute<T> =
  T extends Attribute<infer S, infer O>
    ? Writable<O> extends true
      ? KnownConfigValue<S> | (O extends { required: true } ? never : null)
      : null
    : never;

/** A wholly known, non-null value of a shape, as the user wrote it: what validators are given. */
export type KnownConfigValue<S extends Shape> =
  S extends Primitive<infer K>
    ? PrimitiveValue<K>
    : S extends Nested<infer A>
      ? KnownConfigOf<A>
      : S extends Collection<infer K, infer E>
        ? Elements<K, KnownConfigValue<E>>
        : never;

type PlannedOf<A extends Attributes> = { readonly [N in keyof A]: PlannedAttribute<A[N]> };
type PlannedAttribute<T> =
  T extends Attribute<infer S, infer O>
    ? O extends { writeOnly: true }
      ? null
      : PlannedValue<S> | Unknown | NullWhenStored<O>
    : never;
type PlannedValue<S extends Shape> =
  S extends Primitive<infer K>
    ? PrimitiveValue<K>
    : S extends Nested<infer A>
      ? PlannedOf<A>
      : S extends Collection<infer K, infer E>
        ? Elements<K, PlannedValue<E> | Unknown>
        : never;

type PlanOf<A extends Attributes> = { readonly [N in keyof A]: PlanAttribute<A[N]> };
type PlanAttribute<T> =
  T extends Attribute<infer S, infer O>
    ? O extends { writeOnly: true }
      ? null
      : PlanValue<S> | NullWhenStored<O> | (O extends { computed: true } ? Unknown : never)
    : never;
type PlanValue<S extends Shape> =
  S extends Primitive<infer K>
    ? PrimitiveValue<K>
    : S extends Nested<infer A>
      ? PlanOf<A>
      : S extends Collection<infer K, infer E>
        ? Elements<K, PlanValue<E>>
        : never;

type StateOf<A extends Attributes> = { readonly [N in keyof A]: StateAttribute<A[N]> };
type StateAttribute<T> =
  T extends Attribute<infer S, infer O>
    ? O extends { writeOnly: true }
      ? null
      : StateValue<S> | NullWhenStored<O>
    : never;
type StateValue<S extends Shape> =
  S extends Primitive<infer K>
    ? PrimitiveValue<K>
    : S extends Nested<infer A>
      ? StateOf<A>
      : S extends Collection<infer K, infer E>
        ? Elements<K, StateValue<E>>
        : never;

/** A required or defaulted attribute always has a value; an optional one may be null; a computed one if it says so. */
type NullWhenStored<O> = O extends { required: true }
  ? never
  : O extends { default: NonNullable<unknown> }
    ? never
    : O extends { nullable: true }
      ? null
      : O extends { computed: true }
        ? never
        : null;

type Elements<K, V> = K extends "map" ? { readonly [key: string]: V } : readonly V[];
