import type { Child } from "hono/jsx";
import { bare, hrefOf, type ListState, pageSize } from "../list-state.ts";
import { Icon } from "./icon.tsx";
import { role } from "./table.tsx";

/** What a list can be sorted by: the field, and what its column is called. */
export interface SortColumn {
  readonly field: string;
  readonly text: string;
}

/** A column's head that sorts by it, up or down in turn. */
export function SortHead({ state, field, text }: SortColumn & { readonly state: ListState }) {
  const isSorted = bare(state.sort) === field;
  const isDescending = isSorted && state.sort.startsWith("-");
  const sort = isSorted && !isDescending ? `-${field}` : field;
  return (
    <th
      scope="col"
      aria-sort={isSorted ? (isDescending ? "descending" : "ascending") : undefined}
      {...role("columnheader")}
    >
      <a id={`sort-${field}`} href={hrefOf(state, { sort })} data-part="rows filters">
        {text}
        <span class={isSorted ? "" : "unsorted"}>
          <Icon name={isDescending ? "down" : "up"} />
        </span>
      </a>
    </th>
  );
}

/** The search of a list. The script searches while one types; without it, Enter does. */
export function Search(props: {
  readonly state: ListState;
  readonly label: string;
  /** What the list can be sorted by where its head is not seen. */
  readonly columns?: readonly SortColumn[];
  readonly children?: Child;
}) {
  const { state, label, columns = [], children } = props;
  return (
    <search id="filters">
      <form method="get" action={state.path} class="search" data-live="rows">
        <div class="field">
          <label for="search">{label}</label>
          <input
            id="search"
            type="search"
            name="search"
            value={state.search}
            maxlength={200}
            autocomplete="off"
            dir="auto"
          />
        </div>
        {children}
        <SortPicker state={state} columns={columns} />
        <button type="submit">
          <Icon name="search" /> Search
        </button>
      </form>
    </search>
  );
}

/** Seen on a phone alone, where a table has no head; sent everywhere, so that a search keeps the order. */
function SortPicker({
  state,
  columns,
}: {
  readonly state: ListState;
  readonly columns: readonly SortColumn[];
}) {
  if (columns.length === 0) {
    return <input type="hidden" name="sort" value={state.sort} />;
  }
  const orders = columns.flatMap(({ field, text }) => [
    { value: field, text },
    { value: `-${field}`, text: `${text}, descending` },
  ]);
  return (
    <div class="field sort">
      <label for="sort">Sort by</label>
      <select id="sort" name="sort">
        {orders.map(({ value, text }) => (
          <option value={value} selected={value === state.sort}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

interface PagingProps {
  readonly state: ListState;
  readonly count: number;
  readonly hasMore: boolean;
  /** What the rows are called: one, and several. */
  readonly noun: readonly [one: string, several: string];
  /** How many there are in all, where that is known. */
  readonly total?: number | undefined;
}

/** Where in a list the page is, and the way to its neighbours. */
export function Paging(props: PagingProps) {
  const { state, count, hasMore, total } = props;
  const first = (state.page - 1) * pageSize + 1;
  const last = first + count - 1;
  const range = first === last ? number(first) : `${number(first)} to ${number(last)}`;
  return (
    <nav class="paging" aria-label="Pages">
      <p class="visually-hidden" data-found>
        {foundText(props)}
      </p>
      <p>
        {range}
        {total === undefined ? "" : ` of ${number(total)}`}
      </p>
      {state.page > 1 ? (
        <a
          id="previous"
          class="button"
          href={hrefOf(state, { page: state.page - 1 })}
          rel="prev"
          data-part="rows"
        >
          Previous
        </a>
      ) : null}
      {hasMore ? (
        <a
          id="next"
          class="button"
          href={hrefOf(state, { page: state.page + 1 })}
          rel="next"
          data-part="rows"
        >
          Next
        </a>
      ) : null}
    </nav>
  );
}

/** What is said of a list when it has changed: not its rows, which one goes and reads. */
function foundText({ state, count, hasMore, total, noun }: PagingProps): string {
  const [one, several] = noun;
  if (total === undefined && (hasMore || state.page > 1)) {
    return `Page ${state.page}: ${count} ${count === 1 ? one : several}${hasMore ? ", and more" : ""}`;
  }
  const all = total ?? count;
  const page = total === undefined || total <= pageSize ? "" : `, page ${state.page}`;
  return `${number(all)} ${all === 1 ? one : several} found${page}`;
}

/** A list without rows: in the words of the screen, or that the page is beyond the last. */
export function NoRows({ state, children }: { readonly state: ListState; readonly children: Child }) {
  if (state.page === 1) {
    return children;
  }
  return (
    <p class="card" data-found>
      There are not so many: nothing is on page {state.page}.{" "}
      <a href={hrefOf(state, { page: 1 })} data-part="rows">
        To the first page
      </a>
    </p>
  );
}

function number(value: number): string {
  return value.toLocaleString("en");
}
