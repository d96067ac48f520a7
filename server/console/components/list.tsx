import type { Child } from "hono/jsx";
import { bare, hrefOf, type ListState, pageSize } from "../list-state.ts";
import { Icon } from "./icon.tsx";

/** A column's head that sorts by it, up or down in turn. */
export function SortHead(props: {
  readonly state: ListState;
  readonly field: string;
  readonly text: string;
}) {
  const { state, field, text } = props;
  const isSorted = bare(state.sort) === field;
  const isDescending = isSorted && state.sort.startsWith("-");
  return (
    <th scope="col" aria-sort={isSorted ? (isDescending ? "descending" : "ascending") : undefined}>
      <a href={hrefOf(state, { sort: isSorted && !isDescending ? `-${field}` : field })} data-part="rows">
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
  readonly children?: Child;
}) {
  const { state, label, children } = props;
  return (
    <search>
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
          />
        </div>
        {children}
        <input type="hidden" name="sort" value={state.sort} />
        <button type="submit">
          <Icon name="search" /> Search
        </button>
      </form>
    </search>
  );
}

/** Where in a list the page is, and the way to its neighbours. */
export function Paging(props: {
  readonly state: ListState;
  readonly count: number;
  readonly hasMore: boolean;
  /** How many there are in all, where that is known. */
  readonly total?: number | undefined;
}) {
  const { state, count, hasMore, total } = props;
  const first = (state.page - 1) * pageSize + 1;
  const last = first + count - 1;
  const rows = first === last ? number(first) : `${number(first)} to ${number(last)}`;
  const range = count === 0 ? "No rows" : rows;
  return (
    <nav class="paging" aria-label="Pages">
      <p>
        {range}
        {total === undefined || count === 0 ? "" : ` of ${number(total)}`}
      </p>
      {state.page > 1 ? (
        <a class="button" href={hrefOf(state, { page: state.page - 1 })} rel="prev" data-part="rows">
          Previous
        </a>
      ) : null}
      {hasMore ? (
        <a class="button" href={hrefOf(state, { page: state.page + 1 })} rel="next" data-part="rows">
          Next
        </a>
      ) : null}
    </nav>
  );
}

function number(value: number): string {
  return value.toLocaleString("en");
}
