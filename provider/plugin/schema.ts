/**
 * Schemas as data. A schema is written once; the protocol's Schema message, the JSON of `terraform providers schema`,
 * the planning rules, the validators and the TypeScript types of every hook are read from it.
 *
 *     schema({ version: 0, description: "...", attributes: {
 *       name: string({ required: true, description: "..." }),
 *       ip_allow_list: set(string, { optional: true, description: "...", sameMeaning: sameAddresses }),
 *       rotation: object({ every: string({ required: true, description: "..." }) }, { optional: true, description: "..." }),
 *       id: string({ computed: true, description: "..." }),
 *     } })
 */

import type { KnownConfigValue } from "./views.ts";

/** A string, a number or a bool. */
export interface Primitive<K extends "string" | "number" | "bool" = "string" | "number" | "bool"> {
  readonly kind: K;
}

/** A list, set or map whose elements share one shape. */
export interface Collection<
  K extends "list" | "set" | "map" = "list" | "set" | "map",
  E extends Primitive | Nested = Primitive | Nested,
> {
  readonly kind: K;
  readonly element: E;
}

/** An object whose attributes have descriptions and rules of their own (protocol 6 "nested attributes"). */
export interface Nested<A extends Attributes = Attributes> {
  readonly kind: "object";
  readonly attributes: A;
}

/** The shape of a value, without what may be done with it. */
export type Shape = Primitive | Collection | Nested;

/** Attributes by name; the names are what users write, in snake case. */
export interface Attributes {
  readonly [name: string]: Attribute;
}

/** What is wrong with a value, as a full sentence for the user, or null when nothing is. */
export type Problem = string | null;

/** Options of every attribute, whoever gives the value. The hooks see only wholly known, non-null values. */
interface Details<V> {
  /** Markdown, shown by editors, by the registry and by the docs. */
  readonly description: string;
  /** Core hides the value in its output; it is still in the state in clear. */
  readonly sensitive?: true;
  /** What to use instead. */
  readonly deprecated?: string;
  validate?(value: V): Problem;
  /** Whether two spellings mean the same; then the state keeps the earlier spelling and no change is planned. */
  sameMeaning?(left: V, right: V): boolean;
}

/** What only a value that comes from the configuration can have. */
interface Given {
  /** A change of this attribute can only be made by a new object in place of the old one. */
  readonly replace?: true;
  /** Passed to create and update, never stored (Terraform 1.11, OpenTofu 1.11). */
  readonly writeOnly?: true;
}

interface Required {
  readonly required: true;
  readonly optional?: never;
  readonly computed?: never;
  readonly default?: never;
  readonly nullable?: never;
  readonly changesOnUpdate?: never;
}

interface Optional<V> {
  readonly optional: true;
  readonly required?: never;
  /** The provider chooses a value when the configuration has none. */
  readonly computed?: true;
  /** The value when the configuration has none, shown in the plan; makes the attribute computed as well. */
  readonly default?: V;
  /** For an optional and computed attribute: the provider may choose to have no value. */
  readonly nullable?: true;
  readonly changesOnUpdate?: true;
}

interface Computed {
  readonly computed: true;
  readonly required?: never;
  readonly optional?: never;
  readonly default?: never;
  /** The object may lack this value, so the state's type has null. Attributes added in a later version need this. */
  readonly nullable?: true;
  /** Of a resource's own attributes: every update gives a new value (a revision), so it is unknown in that plan. */
  readonly changesOnUpdate?: true;
  readonly replace?: never;
  readonly writeOnly?: never;
}

/** Everything one may say of an attribute; `required`, `optional` and `computed` exclude what makes no sense. */
type Options<V> = Details<V> & ((Required & Given) | (Optional<V> & Given) | Computed);

/** One attribute: its shape, and its options with their literal types, from which the views are inferred. */
export interface Attribute<S extends Shape = Shape, O extends AnyOptions = AnyOptions> {
  readonly shape: S;
  readonly options: O;
}

/** Options of an attribute of any shape; its hooks take what its own shape describes. */
export interface AnyOptions {
  readonly description: string;
  readonly required?: true;
  readonly optional?: true;
  readonly computed?: true;
  readonly sensitive?: true;
  readonly deprecated?: string;
  readonly replace?: true;
  readonly writeOnly?: true;
  readonly nullable?: true;
  readonly changesOnUpdate?: true;
  readonly default?: unknown;
  validate?(value: unknown): Problem;
  sameMeaning?(left: unknown, right: unknown): boolean;
  validateElement?(value: unknown): Problem;
}

/** Options of a collection: also rules for one element, so that a message can name the element. */
export type CollectionOptions<V, E> = Options<V> & { validateElement?(value: E): Problem };

/** Refuses misspelt options; without it `sensitve: true` would compile, and leak. */
type Exactly<O, K extends PropertyKey> = O & { readonly [Extra in Exclude<keyof O, K>]: never };

/** `string`, `number` and `bool`: called with options they make an attribute, uncalled they name an element type. */
export interface PrimitiveBuilder<K extends Primitive["kind"]> {
  <const O extends Options<KnownConfigValue<Primitive<K>>>>(
    options: Exactly<O, Exclude<keyof AnyOptions, "validateElement">>,
  ): Attribute<Primitive<K>, O>;
  readonly shape: Primitive<K>;
}

/** What a collection may hold. */
type Element = { readonly shape: Primitive } | { readonly shape: Nested };

/** Text. */
export const string: PrimitiveBuilder<"string"> = primitive("string");

/** A number that JavaScript can hold without losing a digit; others are refused on the attribute, before any hook. */
export const number: PrimitiveBuilder<"number"> = primitive("number");

/** True or false. */
export const bool: PrimitiveBuilder<"bool"> = primitive("bool");

/** Elements in an order that matters. */
export function list<
  E extends Element,
  const O extends CollectionOptions<
    KnownConfigValue<Collection<"list", E["shape"]>>,
    KnownConfigValue<E["shape"]>
  >,
>(element: E, options: Exactly<O, keyof AnyOptions>): Attribute<Collection<"list", E["shape"]>, O> {
  return { shape: { kind: "list", element: element.shape }, options };
}

/** Elements without an order; duplicates are one. */
export function set<
  E extends Element,
  const O extends CollectionOptions<
    KnownConfigValue<Collection<"set", E["shape"]>>,
    KnownConfigValue<E["shape"]>
  >,
>(element: E, options: Exactly<O, keyof AnyOptions>): Attribute<Collection<"set", E["shape"]>, O> {
  return { shape: { kind: "set", element: element.shape }, options };
}

/** Elements by text keys that the user chooses. */
export function map<
  E extends Element,
  const O extends CollectionOptions<
    KnownConfigValue<Collection<"map", E["shape"]>>,
    KnownConfigValue<E["shape"]>
  >,
>(element: E, options: Exactly<O, keyof AnyOptions>): Attribute<Collection<"map", E["shape"]>, O> {
  return { shape: { kind: "map", element: element.shape }, options };
}

/** A nested object as the element of a collection. */
export function object<const A extends Attributes>(attributes: A): { readonly shape: Nested<A> };
/** A nested object as an attribute. */
export function object<const A extends Attributes, const O extends Options<KnownConfigValue<Nested<A>>>>(
  attributes: A,
  options: Exactly<O, Exclude<keyof AnyOptions, "validateElement">>,
): Attribute<Nested<A>, O>;
export function object<A extends Attributes, O extends AnyOptions>(attributes: A, options?: O) {
  const shape: Nested<A> = { kind: "object", attributes };
  return options === undefined ? { shape } : { shape, options };
}

/** A resource's or provider's schema. */
export interface Schema<A extends Attributes = Attributes> {
  /** Goes up by one whenever an older state can no longer be read as it is. */
  readonly version: number;
  readonly description: string;
  readonly deprecated?: string;
  readonly attributes: A;
}

/** Keeps the literal types of a schema; does nothing else. */
export function schema<const A extends Attributes>(definition: Schema<A>): Schema<A> {
  return definition;
}

/** Whether the provider may fill the attribute in when the configuration has no value for it. */
export function isComputed(options: AnyOptions): boolean {
  return options.computed === true || options.default !== undefined;
}

function primitive<K extends Primitive["kind"]>(kind: K): PrimitiveBuilder<K> {
  const shape: Primitive<K> = { kind };
  return Object.assign(
    <const O extends Options<KnownConfigValue<Primitive<K>>>>(options: O): Attribute<Primitive<K>, O> => ({
      shape,
      options,
    }),
    { shape },
  );
}
