import { Reader } from "./reader.ts";
import { readSource, type Source } from "./source.ts";

/** One thing to sort by. */
export interface SortKey {
  readonly source: Source;
  readonly isDescending: boolean;
}

const keysMax = 8;

/** Reads the language of `sort`: names with `-` before those in descending order. Throws {@link QueryError}. */
export function parseSort(text: string): readonly SortKey[] {
  const reader = new Reader("sort", text);
  const keys: SortKey[] = [];
  while (reader.next !== "") {
    const isDescending = reader.take("-");
    // A plus sign in a URL may arrive as the blank that it stands for.
    if (!isDescending) {
      reader.take("+");
    }
    keys.push({ source: readSource(reader), isDescending });
    if (keys.length > keysMax) {
      throw reader.error(`sorts by more than ${keysMax} fields`);
    }
    if (reader.next !== "") {
      reader.expect(",");
    }
  }
  return keys;
}
