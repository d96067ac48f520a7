import type { Reader } from "./reader.ts";

/**
 * What a query asks for: a name, or a way over references to a name (`user#name`), a function of one (`count(members)`)
 * or a selection of the rows behind it (`members[$key,member]`).
 */
export interface Source {
  /** As it was written, without blanks: the name of the answer where it has no alias. */
  readonly text: string;
  /** Where it was written, from 1. */
  readonly column: number;
  readonly segments: readonly [Segment, ...Segment[]];
}

/** One step of a way: all but the last are names of references. */
export interface Segment {
  readonly name: string;
  /** What the function named is applied to. */
  readonly argument?: Source;
  /** What is asked for of the rows named. */
  readonly items?: readonly Item[];
}

/** One thing asked for, under the name that it is to have in the answer. */
export interface Item {
  readonly source: Source;
  readonly name: string;
}

const chainMax = 4;
const depthMax = 3;
const itemsMax = 200;
const aliasPattern = /[A-Za-z_$][\w$.-]*/y;

/** Reads the language of `fields`. Throws {@link QueryError}. */
export function parseItems(reader: Reader): readonly Item[] {
  const items = readItems(reader, 1);
  if (reader.next !== "") {
    throw reader.unexpected("a comma or the end");
  }
  return items;
}

/** Reads one source, for example the left side of a comparison. `depth` counts the selections it is within. */
export function readSource(reader: Reader, depth = 1): Source {
  const { column } = reader;
  const start = reader.position;
  const first = readSegment(reader, depth);
  const rest: Segment[] = [];
  let previous = first;
  while (reader.take("#")) {
    if (previous.argument !== undefined || previous.items !== undefined) {
      throw reader.error("a function or a selection must be the last step", column);
    }
    if (rest.length + 1 >= chainMax) {
      throw reader.error(`goes over more than ${chainMax} steps`, column);
    }
    previous = readSegment(reader, depth);
    rest.push(previous);
  }
  const text = reader.text.slice(start, reader.position).replaceAll(/\s+/g, "");
  return { text, column, segments: [first, ...rest] };
}

function readItems(reader: Reader, depth: number): readonly Item[] {
  const items: Item[] = [];
  do {
    // Clients join lists that may have empty parts.
    if (["", ",", "]"].includes(reader.next)) {
      continue;
    }
    const source = readSource(reader, depth);
    items.push({ source, name: readAlias(reader) ?? nameOf(source) });
    if (items.length > itemsMax) {
      throw reader.error(`asks for more than ${itemsMax} fields`);
    }
  } while (reader.take(","));
  return items;
}

/** A selection is answered under the name of what it selects from, anything else under its own text. */
function nameOf({ text, segments }: Source): string {
  return segments.at(-1)?.items === undefined ? text : segments.map(({ name }) => name).join("#");
}

function readAlias(reader: Reader): string | undefined {
  if (reader.peekWord().toLowerCase() !== "as") {
    return undefined;
  }
  reader.takeWord();
  const { column } = reader;
  const alias = reader.match(aliasPattern);
  if (alias === "") {
    throw reader.unexpected('a name after "as"');
  }
  if (alias.length > 128 || alias === "__proto__") {
    throw reader.error(
      "is no name for an answer; take one of at most 128 letters, digits and underscores",
      column,
    );
  }
  return alias;
}

const skipped = /(?:[^()']|'(?:[^']|'')*')*/y;

function skipArguments(reader: Reader): void {
  reader.match(skipped);
  while (reader.take("(")) {
    skipArguments(reader);
    reader.match(skipped);
  }
  reader.expect(")");
}

function readSegment(reader: Reader, depth: number): Segment {
  const name = reader.takeWord();
  if (name === "") {
    throw reader.unexpected("the name of a field");
  }
  if (reader.text.charAt(reader.position) === "(") {
    reader.expect("(");
    if (depth > depthMax) {
      throw reader.error(`is nested more than ${depthMax} deep`);
    }
    const argument = readSource(reader, depth + 1);
    if (reader.next === ",") {
      // Functions of several arguments are VergeOS' own; like every function that is not known, they are left out.
      skipArguments(reader);
      return { name: `${name}(...)`, argument };
    }
    reader.expect(")");
    return { name, argument };
  }
  if (reader.text.charAt(reader.position) === "[") {
    reader.expect("[");
    if (depth > depthMax) {
      throw reader.error(`is nested more than ${depthMax} deep`);
    }
    const items = readItems(reader, depth + 1);
    reader.expect("]");
    return { name, items };
  }
  return { name };
}
