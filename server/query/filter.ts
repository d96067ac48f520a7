import { Reader } from "./reader.ts";
import { readSource, type Source } from "./source.ts";

/** What a comparison compares with. A number keeps its digits: 64 bits are more than a JavaScript number holds. */
export type Value =
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly digits: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "null" };

/** The operators of VergeOS, and `like`, which pyVergeOS sends. */
export const operators = ["eq", "ne", "gt", "ge", "lt", "le", "bw", "ew", "ct", "cs", "rx", "like"] as const;

/** One of {@link operators}. */
export type Operator = (typeof operators)[number];

/** A field held against a value, or against each of several. */
export type Comparison =
  | { readonly kind: "compare"; readonly source: Source; readonly operator: Operator; readonly value: Value }
  | { readonly kind: "in"; readonly source: Source; readonly values: readonly Value[] };

/** Which rows are asked for. */
export type Filter = Comparison | { readonly kind: "and" | "or"; readonly terms: readonly Filter[] };

const depthMax = 32;
const comparisonsMax = 200;
const listMax = 500;
const digits = /[+-]?\d{1,100}(?![\w.])/y;

/** Reads the language of `filter`; undefined for one that is blank. Throws {@link QueryError}. */
export function parseFilter(text: string): Filter | undefined {
  const reader = new Reader("filter", text);
  if (reader.next === "") {
    return undefined;
  }
  const filter = readJoined(reader, "or", { comparisons: 0 }, 1);
  if (reader.next !== "") {
    throw reader.unexpected('"and", "or" or the end');
  }
  return filter;
}

interface Budget {
  comparisons: number;
}

/** `and` binds tighter than `or`. */
function readJoined(reader: Reader, joint: "and" | "or", budget: Budget, depth: number): Filter {
  const readTerm = () =>
    joint === "or" ? readJoined(reader, "and", budget, depth) : readPrimary(reader, budget, depth);
  const first = readTerm();
  const terms = [first];
  while (reader.peekWord().toLowerCase() === joint) {
    reader.takeWord();
    terms.push(readTerm());
  }
  return terms.length === 1 ? first : { kind: joint, terms };
}

function readPrimary(reader: Reader, budget: Budget, depth: number): Filter {
  if (reader.take("(")) {
    if (depth > depthMax) {
      throw reader.error(`has more than ${depthMax} parentheses in each other`);
    }
    const inner = readJoined(reader, "or", budget, depth + 1);
    reader.expect(")");
    return inner;
  }
  budget.comparisons += 1;
  if (budget.comparisons > comparisonsMax) {
    throw reader.error(`has more than ${comparisonsMax} comparisons`);
  }
  return readComparison(reader);
}

function readComparison(reader: Reader): Comparison {
  const source = readSource(reader);
  const { column } = reader;
  const name = reader.peekWord().toLowerCase();
  if (name === "in") {
    reader.takeWord();
    return { kind: "in", source, values: readList(reader) };
  }
  const operator = operators.find((known) => known === name);
  if (operator === undefined) {
    throw reader.unexpected(`an operator (${operators.join(", ")}, in)`);
  }
  reader.takeWord();
  const valueColumn = reader.column;
  const value = readValue(reader);
  if (value.kind === "null" && operator !== "eq" && operator !== "ne") {
    throw reader.error("null can be compared by eq and ne only", valueColumn);
  }
  if (operator === "rx") {
    checkPattern(reader, textOf(value), column);
  }
  return { kind: "compare", source, operator, value };
}

function readList(reader: Reader): readonly Value[] {
  reader.expect("(");
  const values: Value[] = [];
  do {
    values.push(readValue(reader));
    if (values.length > listMax) {
      throw reader.error(`has more than ${listMax} values`);
    }
  } while (reader.take(","));
  reader.expect(")");
  return values;
}

function readValue(reader: Reader): Value {
  if (reader.take("'")) {
    return { kind: "string", value: readString(reader) };
  }
  const number = reader.match(digits);
  if (number !== "") {
    return { kind: "number", digits: number };
  }
  switch (reader.peekWord().toLowerCase()) {
    case "true":
    case "false":
      return { kind: "boolean", value: reader.takeWord().toLowerCase() === "true" };
    case "null":
      reader.takeWord();
      return { kind: "null" };
    default:
      throw reader.unexpected("a value such as 'text', 10, true or null");
  }
}

/**
 * Both ways to write a quote inside: doubled (pyVergeOS) and after a backslash (the Go client, which also escapes
 * backslashes and braces). Any other backslash is itself. pyVergeOS leaves backslashes alone, so `\'` is a backslash and
 * the end where no quote follows that could be the end.
 */
function readString(reader: Reader): string {
  const start = reader.position;
  const { text } = reader;
  let value = "";
  while (reader.position < text.length) {
    const character = text.charAt(reader.position);
    const following = text.charAt(reader.position + 1);
    if (character === "\\" && ["'", "\\", "{"].includes(following)) {
      const isEnd = following === "'" && !text.includes("'", reader.position + 2);
      value += isEnd ? "\\" : following;
      reader.position += 2;
      if (isEnd) {
        return value;
      }
    } else if (character === "'" && following !== "'") {
      reader.position += 1;
      return value;
    } else {
      value += character;
      reader.position += character === "'" ? 2 : 1;
    }
  }
  throw reader.error("has no closing quote", start);
}

/** What a value is in letters, for operators on text. */
export function textOf(value: Value): string {
  switch (value.kind) {
    case "string":
      return value.value;
    case "number":
      return value.digits;
    case "boolean":
      return String(value.value);
    case "null":
      return "";
    default:
      return value satisfies never;
  }
}

/** The regular expressions in a filter. */
export function patternsIn(filter: Filter): readonly string[] {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.terms.flatMap(patternsIn);
    case "compare":
      return filter.operator === "rx" ? [textOf(filter.value)] : [];
    default:
      return [];
  }
}

const patternMax = 100;

/** Postgres matches in time that grows with the text, but for back-references; repetitions within others can grow it much. */
function checkPattern(reader: Reader, pattern: string, column: number): void {
  const bounds = [...pattern.matchAll(/\{[^}]*\}?/g)].map(([bound]) => bound);
  const isTooMuch =
    pattern.length > patternMax ||
    bounds.length > 2 ||
    bounds.some((bound) => !/^\{\d{1,2}(,\d{0,2})?\}$/.test(bound));
  if (isTooMuch || /\(\?|\*\*\*|\\[1-9]/.test(pattern)) {
    throw reader.error(
      `this pattern could take too long; at most ${patternMax} characters and two {n,m} up to 99, without back-references or (?`,
      column,
    );
  }
}
