import { z } from "zod";
import type { Table } from "../tables/define-table.ts";
import { listRows, type TableRequest } from "../tables/serve-table.ts";

/** How many rows a page of a list shows. */
export const pageSize = 50;

/** What a list's address says: what is looked for, by what it is sorted, and which page is shown. */
export interface ListState {
  readonly path: string;
  readonly search: string;
  /** A field, with `-` before it for descending order. */
  readonly sort: string;
  /** From 1. */
  readonly page: number;
  /** Filters beside the search, by their names. */
  readonly filters: Readonly<Record<string, string>>;
}

const pageNumber = z.coerce.number().int().min(1).max(1_000_000).catch(1);

/** Reads the state from a query; what cannot be is the default. The first of `sorts` is how a list is sorted at first. */
export function readListState(
  path: string,
  query: Readonly<Record<string, string>>,
  sorts: readonly [string, ...string[]],
  filters: readonly string[] = [],
): ListState {
  const sort = query["sort"] ?? "";
  const isKnown = sorts.some((known) => bare(known) === bare(sort));
  return {
    path,
    search: (query["search"] ?? "").slice(0, 200),
    sort: isKnown ? sort : sorts[0],
    page: pageNumber.parse(query["page"] ?? 1),
    filters: Object.fromEntries(filters.map((name) => [name, (query[name] ?? "").slice(0, 200)])),
  };
}

/** The address of the same list with something changed. Whatever changes but the page starts over at page one. */
export function hrefOf(state: ListState, change: Partial<Pick<ListState, "sort" | "page">>): string {
  const { path, search, sort, filters } = { ...state, ...change };
  const page = change.page ?? 1;
  const query = new URLSearchParams();
  const all = { search, ...filters, sort, page: page === 1 ? "" : String(page) };
  for (const [name, value] of Object.entries(all)) {
    if (value !== "") {
      query.set(name, value);
    }
  }
  return `${path}?${query}`;
}

/** The field's name without its direction. */
export function bare(sort: string): string {
  return sort.replace(/^[+-]/, "");
}

/** One page of rows, and whether there is another. */
export interface RowsPage<Row> {
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
}

/** Reads one page of a list; one row more than is shown says whether another page follows. */
export async function readPage<Row extends z.ZodType>(
  request: TableRequest,
  table: Table,
  row: Row,
  query: { readonly fields: string; readonly conditions: readonly string[]; readonly state: ListState },
): Promise<RowsPage<z.output<Row>>> {
  const { fields, conditions, state } = query;
  const found = await listRows(request, table, {
    fields,
    filter: conditions.join(" and "),
    sort: state.sort,
    limit: pageSize + 1,
    offset: (state.page - 1) * pageSize,
  });
  return { rows: z.array(row).parse(found.slice(0, pageSize)), hasMore: found.length > pageSize };
}

/** A text as the language of `filter` writes it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
