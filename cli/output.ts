/** A value of a row, as it is written into a table. */
type Cell = string | number | boolean;

/** Writes rows for people: a line each, in columns, with the names above. Readable without colour. */
export function formatTable(
  rows: readonly Readonly<Record<string, Cell>>[],
  columns: readonly string[],
): string {
  const lines = [
    columns.map((column) => column.toUpperCase()),
    ...rows.map((row) => columns.map((column) => String(row[column] ?? ""))),
  ];
  const widths = columns.map((_, place) => Math.max(...lines.map((line) => line[place]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, place) => cell.padEnd(widths[place] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** Writes for people, or as JSON for scripts. */
export function print(isJson: boolean | undefined, value: unknown, text: string): void {
  process.stdout.write(isJson === true ? `${JSON.stringify(value, undefined, 2)}\n` : text);
}

/** Epoch seconds for people; 0 is said in a word. */
export function showTime(seconds: number, zero: string): string {
  return seconds === 0 ? zero : new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
