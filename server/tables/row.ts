import { notFound } from "../errors.ts";

/** The row key in a path. What cannot be one names a row that is not there. */
export function rowKeyOf(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw notFound();
  }
  return Number(text);
}

/** The one row that a statement found, or the answer that there is none. */
export function onlyRow<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) {
    throw notFound();
  }
  return row;
}

/** Where a new row is, as VergeOS answers it: `$row` is a number, `$key` a string. */
export function placeOf(table: string, key: number | string) {
  return {
    location: `/v4/${table}/${key}`,
    dbpath: `${table}/${key}`,
    $row: typeof key === "number" ? key : 0,
    $key: String(key),
    response: {},
  };
}
