import type { Child } from "hono/jsx";

/**
 * A table whose rows become cards on a phone. The roles are said although the elements have them: a browser takes them
 * away from elements that are laid out otherwise.
 */
export function Table(props: {
  readonly caption: string;
  readonly head: Child;
  readonly children: Child;
  readonly class?: string;
}) {
  const { caption, head, children, class: more = "" } = props;
  return (
    <table class={`cards ${more}`} {...role("table")}>
      <caption class="visually-hidden">{caption}</caption>
      <thead {...role("rowgroup")}>
        <tr {...role("row")}>{head}</tr>
      </thead>
      <tbody {...role("rowgroup")}>{children}</tbody>
    </table>
  );
}

/** A row of it. */
export function Row({ children }: { readonly children: Child }) {
  return <tr {...role("row")}>{children}</tr>;
}

/** The head of a column that one cannot sort by. */
export function ColumnHead({ children, class: more }: { readonly children: Child; readonly class?: string }) {
  return (
    <th scope="col" class={more} {...role("columnheader")}>
      {children}
    </th>
  );
}

/** The cell that says what the row is about. */
export function RowHead({ children }: { readonly children: Child }) {
  return (
    <th scope="row" dir="auto" {...role("rowheader")}>
      {children}
    </th>
  );
}

/** A cell, and what its column is called, which stands beside it on a phone. */
export function Cell(props: { readonly label?: string; readonly class?: string; readonly children: Child }) {
  const { label, class: more, children } = props;
  return (
    <td data-label={label} class={more} {...role("cell")}>
      {children}
    </td>
  );
}

type TableRole = "table" | "rowgroup" | "row" | "columnheader" | "rowheader" | "cell";

/** As a spread, because the linter takes a role that an element has by itself for one too many. */
export function role(name: TableRole): { readonly role: TableRole } {
  return { role: name };
}
