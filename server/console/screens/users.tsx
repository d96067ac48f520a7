import { z } from "zod";
import { userRow } from "../../../contract/users.ts";
import { usersTable } from "../../tables/users.ts";
import { Page } from "../components/layout.tsx";
import { NoRows, Paging, Search, SortHead } from "../components/list.tsx";
import { Cell, ColumnHead, Row, RowHead, Table } from "../components/table.tsx";
import { RelativeTime } from "../components/time.tsx";
import {
  type ConsoleContext,
  type ConsoleDependencies,
  type PageFrame,
  tableRequest,
} from "../console-request.ts";
import { type ListState, quoted, type RowsPage, readListState, readPage } from "../list-state.ts";

const row = z.object({
  ...userRow.pick({ $key: true, name: true, displayname: true, type: true, enabled: true }).shape,
  email: z.string().nullable(),
  last_login: z.number().nullable(),
  key_count: z.number().nullable(),
});

const columns = [
  { field: "name", text: "Name" },
  { field: "displayname", text: "Display name" },
  { field: "type", text: "Type" },
  { field: "last_login", text: "Last logged in" },
];

/** System > Users: every user whom the viewer may list. */
export async function usersScreen(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
) {
  const sorts = columns.map(({ field }) => field);
  const state = readListState("/users", context.req.query(), ["name", ...sorts]);
  const text = quoted(state.search);
  const page = await readPage(tableRequest(dependencies, context), usersTable, row, {
    fields: "$key,name,displayname,email,type,enabled,last_login,count(api_keys) as key_count",
    conditions:
      state.search === "" ? [] : [`(name ct ${text} or displayname ct ${text} or email ct ${text})`],
    state,
  });
  return (
    <Page frame={frame} title="Users" section="users">
      <Search state={state} label="Search users" columns={columns} />
      <div id="rows">
        <UserRows state={state} page={page} now={frame.nowSeconds} />
      </div>
    </Page>
  );
}

function UserRows(props: {
  readonly state: ListState;
  readonly page: RowsPage<z.output<typeof row>>;
  readonly now: number;
}) {
  const { state, page, now } = props;
  if (page.rows.length === 0) {
    return (
      <NoRows state={state}>
        <p class="card" data-found>
          No user fits. Try another part of the name or of the e-mail address.
        </p>
      </NoRows>
    );
  }
  return (
    <>
      <Table
        caption="Users"
        head={
          <>
            <SortHead state={state} field="name" text="Name" />
            <SortHead state={state} field="displayname" text="Display name" />
            <SortHead state={state} field="type" text="Type" />
            <ColumnHead>Status</ColumnHead>
            <ColumnHead>API keys</ColumnHead>
            <SortHead state={state} field="last_login" text="Last logged in" />
          </>
        }
      >
        {page.rows.map((user) => (
          <UserLine user={user} now={now} />
        ))}
      </Table>
      <Paging state={state} count={page.rows.length} hasMore={page.hasMore} noun={["user", "users"]} />
    </>
  );
}

function UserLine({ user, now }: { readonly user: z.output<typeof row>; readonly now: number }) {
  return (
    <Row>
      <RowHead>
        <a class="clamped" href={`/users/${user.$key}`}>
          <bdi>{user.name}</bdi>
        </a>
      </RowHead>
      <Cell label="Display name">
        {user.displayname === "" ? (
          <span class="quiet">None</span>
        ) : (
          <span class="clamped" dir="auto">
            {user.displayname}
          </span>
        )}
      </Cell>
      <Cell label="Type">{user.type}</Cell>
      <Cell label="Status">
        <UserStatus isEnabled={user.enabled} />
      </Cell>
      <Cell label="API keys">{user.key_count ?? <span class="quiet">Not yours to see</span>}</Cell>
      <Cell label="Last logged in">
        {(user.last_login ?? 0) === 0 ? (
          <span class="quiet">Never</span>
        ) : (
          <RelativeTime seconds={user.last_login ?? 0} now={now} />
        )}
      </Cell>
    </Row>
  );
}

/** Whether a user may authenticate, in a word and a colour. */
export function UserStatus({ isEnabled }: { readonly isEnabled: boolean }) {
  return isEnabled ? <span class="badge fine">Enabled</span> : <span class="badge over">Disabled</span>;
}
