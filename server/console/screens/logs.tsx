import type { z } from "zod";
import { logRow } from "../../../contract/logs.ts";
import { logsTable } from "../../tables/logs.ts";
import { describedBy } from "../components/field.tsx";
import { Page } from "../components/layout.tsx";
import { NoRows, Paging, Search } from "../components/list.tsx";
import { Cell, ColumnHead, Row, Table } from "../components/table.tsx";
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
        <TimeFilter name="from" label="From" value={state.filters["from"] ?? ""} />
        <TimeFilter name="to" label="To" value={state.filters["to"] ?? ""} />
      </Search>
      <div id="rows">
        {page.rows.length === 0 ? (
          <NoRows state={state}>
            <p class="card" data-found>
              No line fits, or none is yours to see: the logs take a right of their own.
            </p>
          </NoRows>
        ) : (
          <>
            <Lines rows={page.rows} now={frame.nowSeconds} />
            <Paging
              state={state}
              count={page.rows.length}
              hasMore={page.hasMore}
              noun={["log line", "log lines"]}
            />
          </>
        )}
      </div>
    </Page>
  );
}

function conditionsOf({ search, filters }: ListState): readonly string[] {
  const { user = "", key = "", from = "", to = "" } = filters;
  const [first, last] = [pickedSeconds(from), pickedSeconds(to)];
  return [
    ...(search === "" ? [] : [`text ct ${quoted(search)}`]),
    ...(user === "" ? [] : [`(user eq ${quoted(user)} or object_name eq ${quoted(user)})`]),
    ...(key === "" ? [] : [`(text cs ${quoted(key)} or credential cs ${quoted(key)})`]),
    ...(first === undefined ? [] : [`timestamp ge ${first}000000`]),
    ...(last === undefined ? [] : [`timestamp le ${last}999999`]),
  ];
}

function Filter(props: {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly hint?: string;
}) {
  const { name, label, value, hint } = props;
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input id={name} name={name} value={value} autocomplete="off" title={hint} dir="auto" />
    </div>
  );
}

/** A time that cannot be read narrows nothing, and says so where it stands. */
function TimeFilter({
  name,
  label,
  value,
}: {
  readonly name: string;
  readonly label: string;
  readonly value: string;
}) {
  const isUnread = value !== "" && pickedSeconds(value) === undefined;
  const error = isUnread
    ? `${JSON.stringify(value)} is no day and time, such as 2027-01-31T12:00.`
    : undefined;
  return (
    <div class="field time">
      <label for={name}>
        {label} (<span data-zone>UTC</span>)
      </label>
      <input
        id={name}
        name={name}
        type="datetime-local"
        value={isUnread ? "" : value}
        autocomplete="off"
        data-utc
        {...describedBy(name, { error })}
      />
      {error === undefined ? null : (
        <p class="fault" id={`${name}-fault`}>
          <bdi>{error}</bdi>
        </p>
      )}
    </div>
  );
}

function Lines({ rows, now }: { readonly rows: readonly z.output<typeof logRow>[]; readonly now: number }) {
  const heads = ["When", "User", "Address", "On", "What"];
  return (
    <Table caption="Log lines" class="logs" head={heads.map((text) => <ColumnHead>{text}</ColumnHead>)}>
      {rows.map((line) => (
        <Row>
          <Cell label="When">
            <RelativeTime seconds={Math.floor(line.timestamp / 1_000_000)} now={now} />
          </Cell>
          <Cell label="User">
            {line.user === "" ? <span class="quiet">The server</span> : <bdi>{line.user}</bdi>}
          </Cell>
          <Cell label="Address">{line.address || <span class="quiet">None</span>}</Cell>
          <Cell label="On">
            <span>
              {line.object_type} <bdi>{line.object_name}</bdi>
            </span>
          </Cell>
          <Cell label="What" class="prose">
            <span>
              {line.level === "warning" ? <span class="badge soon">Warning</span> : null}{" "}
              <bdi>{line.text}</bdi>
            </span>
          </Cell>
        </Row>
      ))}
    </Table>
  );
}
