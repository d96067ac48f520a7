/**
 * How protobuf messages are declared: fields as data, from which both the codec and the TypeScript types are derived.
 * The messages themselves are made by `message` in protobuf.ts.
 */

import { type Integer, wireType } from "./protobuf-wire.ts";

/** Scalars that the plugin protocol uses. */
type Scalar = "string" | "bytes" | "bool" | "int64" | "uint32";

/** A closed list of names with their numbers; the name with number 0 is the default. */
export interface Enumeration<N extends string = string> {
  readonly numbers: Readonly<Record<N, number>>;
}

/** A message that can be written and read. */
export interface MessageType<T> {
  encode(value: Partial<T>): Uint8Array;
  decode(bytes: Uint8Array, depth?: number): T;
}

/** What a field can hold. */
export type Kind = Scalar | Enumeration | MessageType<never> | MessageType<unknown>;

type Label = "single" | "optional" | "repeated" | "map";

/** A field's number, type and multiplicity. */
export interface Field<K extends Kind = Kind, L extends Label = Label> {
  readonly number: number;
  readonly kind: K;
  readonly label: L;
}

/** Fields of which at most one is set; as a value `{ case: "name", value }`. */
export interface Oneof<F extends Fields = Fields> {
  readonly oneof: F;
}

type Fields = Readonly<Record<string, Field>>;

/** A message's fields and oneofs by the names of their properties. */
export type Members = Readonly<Record<string, Field | Oneof>>;

type ScalarValue<K> = K extends "string"
  ? string
  : K extends "bytes"
    ? Uint8Array
    : K extends "bool"
      ? boolean
      : K extends "int64"
        ? Integer
        : number;

type KindValue<K> = K extends MessageType<infer T> ? T : K extends Enumeration<infer N> ? N : ScalarValue<K>;

type FieldValue<F> =
  F extends Field<infer K, infer L>
    ? L extends "repeated"
      ? readonly KindValue<K>[]
      : L extends "map"
        ? Readonly<Record<string, KindValue<K>>>
        : L extends "optional"
          ? KindValue<K> | undefined
          : K extends MessageType<infer T>
            ? T | undefined
            : KindValue<K>
    : F extends Oneof<infer G>
      ? { [N in keyof G]: { readonly case: N; readonly value: KindValue<G[N]["kind"]> } }[keyof G] | undefined
      : never;

/** The TypeScript type that a declaration stands for. */
export type ValueOfMembers<M> = { readonly [N in keyof M]: FieldValue<M[N]> };

/** The TypeScript type of a declared message. */
export type MessageValue<M> = M extends MessageType<infer T> ? T : never;

/** One value; absent means its default, or undefined for a message. */
export function field<K extends Kind>(number: number, kind: K): Field<K, "single"> {
  return { number, kind, label: "single" };
}

/** One value that knows whether it was set (`optional` in proto3). */
export function optional<K extends Kind>(number: number, kind: K): Field<K, "optional"> {
  return { number, kind, label: "optional" };
}

/** Any number of values. Only length-delimited kinds, so the packed form never occurs. */
export function repeated<K extends MessageType<never> | MessageType<unknown> | "string" | "bytes">(
  number: number,
  kind: K,
): Field<K, "repeated"> {
  return { number, kind, label: "repeated" };
}

/** Values by text keys (`map<string, V>`). */
export function mapOf<K extends Kind>(number: number, kind: K): Field<K, "map"> {
  return { number, kind, label: "map" };
}

/** Alternatives: see `Oneof`. */
export function oneof<F extends Fields>(alternatives: F): Oneof<F> {
  return { oneof: alternatives };
}

/** An enum. A number that is not in the list reads as the default. */
export function enumeration<const N extends string>(numbers: Readonly<Record<N, number>>): Enumeration<N> {
  return { numbers };
}

/** A field with the property it is kept in, and for an alternative of a oneof its own name. */
export interface Slot {
  readonly name: string;
  readonly alternative: string | null;
  readonly field: Field;
}

/** A declaration, arranged for reading. */
export interface Layout {
  readonly members: Members;
  readonly byNumber: ReadonlyMap<number, Slot>;
}

/** Arranges a declaration by field numbers. */
export function layoutOf(members: Members): Layout {
  const byNumber = new Map<number, Slot>();
  for (const [name, member] of Object.entries(members)) {
    if ("oneof" in member) {
      for (const [alternative, inner] of Object.entries(member.oneof)) {
        byNumber.set(inner.number, { name, alternative, field: inner });
      }
    } else {
      byNumber.set(member.number, { name, alternative: null, field: member });
    }
  }
  return { members, byNumber };
}

/** How a field's values are delimited on the wire. */
export function wireTypeOf(member: Field): number {
  if (member.label === "map") {
    return wireType.bytes;
  }
  const { kind } = member;
  if (typeof kind === "object") {
    return "numbers" in kind ? wireType.varint : wireType.bytes;
  }
  return kind === "string" || kind === "bytes" ? wireType.bytes : wireType.varint;
}
