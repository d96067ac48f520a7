import type { z } from "zod";
import { logRow } from "../../../contract/logs.ts";
import { logsTable } from "../../tables/logs.ts";
import { Page } from "../components/layout.tsx";
import { Paging, Search } from "../components/list.tsx";
import { RelativeTime } from "../components/time.tsx";
import {
  type ConsoleContext,
  type ConsoleDependencies,
  type PageFrame,
  tableRequest,
} from "../console-request.ts";
import { pickedSeconds } from "../key-form.ts";
import { type ListState, quoted, readListState, readPage } from "../list-state.ts";

/** The audit trail, newest first, narrowed by user, key, text and time. */
export async function logsScreen(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
) {
  const filters = ["user", "key", "from", "to"];
  const state = readListState("/logs", context.req.query(), ["-timestamp"], filters);
  const page = await readPage(tableRequest(dependencies, context), logsTable, logRow, {
    fields: "$key,level,timestamp,user,user_key,credential,address,object_type,object_name,text",
    conditions: conditionsOf(state),
    state,
  });
  return (
    <Page frame={frame} title="Logs" section="logs">
      <Search state={state} label="Search texts">
        <Filter name="user" label="User" value={state.filters["user"] ?? ""} hint="who did it, or to whom" />
        <Filter name="key" label="Public id of a key" value={state.filters["key"] ?? ""} />
        <Filter name="from" label="From" value={state.filters["from"] ?? ""} isTime />
        <Filter name="to" label="To" value={state.filters["to"] ?? ""} isTime />
      </Search>
      <div id="rows" aria-live="polite">
        {page.rows.length === 0 ? (
          <p class="card">No line fits, or none is yours to see: the logs take a right of their own.</p>
        ) : (
          <>
            <Lines rows={page.rows} now={frame.nowSeconds} />
            <Paging state={state} count={page.rows.length} hasMore={page.hasMore} />
          </>
        )}
      </div>
    </Page>
  );
}

function conditionsOf({ search, filters }: ListState): readonly string[] {
  const { user = "", key = "", from = "", to = "" } = filters;
  return [
    ...(search === "" ? [] : [`text ct ${quoted(search)}`]),
    ...(user === "" ? [] : [`(user eq ${quoted(user)} or object_name eq ${quoted(user)})`]),
    ...(key === "" ? [] : [`(text cs ${quoted(key)} or credential cs ${quoted(key)})`]),
    ...(from === "" ? [] : [`timestamp ge ${pickedSeconds(from)}000000`]),
    ...(to === "" ? [] : [`timestamp le ${pickedSeconds(to)}999999`]),
  ];
}

function Filter(props: {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly hint?: string;
  readonly isTime?: boolean;
}) {
  const { name, label, value, hint, isTime = false } = props;
  return (
    <div class="field">
      <label for={name}>
        {label}
        {isTime ? (
          <>
            {" "}
            (<span data-zone>UTC</span>)
          </>
        ) : null}
      </label>
      <input
        id={name}
        name={name}
        type={isTime ? "datetime-local" : "text"}
        value={value}
        autocomplete="off"
        data-utc={isTime ? true : undefined}
        title={hint}
      />
    </div>
  );
}

function Lines({ rows, now }: { readonly rows: readonly z.output<typeof logRow>[]; readonly now: number }) {
  return (
    <table class="cards logs">
      <caption class="visually-hidden">Log lines</caption>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">User</th>
          <th scope="col">Address</th>
          <th scope="col">On</th>
          <th scope="col">What</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((line) => (
          <tr>
            <td data-label="When">
              <RelativeTime seconds={Math.floor(line.timestamp / 1_000_000)} now={now} />
            </td>
            <td data-label="User">{line.user || <span class="quiet">The server</span>}</td>
            <td data-label="Address">{line.address || <span class="quiet">None</span>}</td>
            <td data-label="On">{`${line.object_type} ${line.object_name}`}</td>
            <td data-label="What" class="prose">
              {line.level === "warning" ? <span class="badge soon">Warning</span> : null} {line.text}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
