import { z } from "zod";
import { userRow } from "../../../contract/users.ts";
import { usersTable } from "../../tables/users.ts";
import { Page } from "../components/layout.tsx";
import { Paging, Search, SortHead } from "../components/list.tsx";
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

/** System > Users: every user whom the viewer may list. */
export async function usersScreen(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
) {
  const sorts = ["name", "displayname", "type", "last_login"] as const;
  const state = readListState("/users", context.req.query(), [...sorts]);
  const text = quoted(state.search);
  const page = await readPage(tableRequest(dependencies, context), usersTable, row, {
    fields: "$key,name,displayname,email,type,enabled,last_login,count(api_keys) as key_count",
    conditions:
      state.search === "" ? [] : [`(name ct ${text} or displayname ct ${text} or email ct ${text})`],
    state,
  });
  return (
    <Page frame={frame} title="Users" section="users">
      <Search state={state} label="Search users" />
      <div id="rows" aria-live="polite">
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
    return <p class="card">No user fits. Try another part of the name or of the e-mail address.</p>;
  }
  return (
    <>
      <table class="cards">
        <caption class="visually-hidden">Users</caption>
        <thead>
          <tr>
            <SortHead state={state} field="name" text="Name" />
            <SortHead state={state} field="displayname" text="Display name" />
            <SortHead state={state} field="type" text="Type" />
            <th scope="col">Status</th>
            <th scope="col">API keys</th>
            <SortHead state={state} field="last_login" text="Last logged in" />
          </tr>
        </thead>
        <tbody>
          {page.rows.map((user) => (
            <tr>
              <th scope="row">
                <a href={`/users/${user.$key}`}>{user.name}</a>
              </th>
              <td data-label="Display name">{user.displayname || <span class="quiet">None</span>}</td>
              <td data-label="Type">{user.type}</td>
              <td data-label="Status">
                <UserStatus isEnabled={user.enabled} />
              </td>
              <td data-label="API keys">{user.key_count ?? <span class="quiet">Not yours to see</span>}</td>
              <td data-label="Last logged in">
                {(user.last_login ?? 0) === 0 ? (
                  <span class="quiet">Never</span>
                ) : (
                  <RelativeTime seconds={user.last_login ?? 0} now={now} />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Paging state={state} count={page.rows.length} hasMore={page.hasMore} />
    </>
  );
}

/** Whether a user may authenticate, in a word and a colour. */
export function UserStatus({ isEnabled }: { readonly isEnabled: boolean }) {
  return isEnabled ? <span class="badge fine">Enabled</span> : <span class="badge over">Disabled</span>;
}
