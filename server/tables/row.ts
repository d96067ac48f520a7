import { notFound } from "../errors.ts";

/** Which rows of a list are asked for. */
export interface Page {
  /** The most rows to answer. */
  readonly limit: number;
  /** How many rows to skip. */
  readonly offset: number;
}

/** More rows than a table will ever answer at once; Postgres takes it for a limit. */
const everyRow = 2_147_483_647;

/** The page that the query parameters ask for; a limit of 0, or none, is all rows (VergeOS). */
export function pageOf(query: {
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}): Page {
  return {
    limit: query.limit === undefined || query.limit === 0 ? everyRow : query.limit,
    offset: query.offset ?? 0,
  };
}

/** The row key in a path. What cannot be one names a row that is not there. */
export function rowKeyOf(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw notFound();
  }
  return Number(text);
}
