import { z } from "zod";
import { userApiKeysTable } from "../../tables/api-key-table.ts";
import { getRow, mayDo } from "../../tables/serve-table.ts";
import { usersTable } from "../../tables/users.ts";
import { Expiry } from "../components/expiry.tsx";
import { Icon } from "../components/icon.tsx";
import { Page } from "../components/layout.tsx";
import { NoRows, Paging, Search, SortHead } from "../components/list.tsx";
import { Outcome } from "../components/notice.tsx";
import { Cell, ColumnHead, Row, RowHead, Table } from "../components/table.tsx";
import { RelativeTime } from "../components/time.tsx";
import {
  type ConsoleContext,
  type ConsoleDependencies,
  type PageFrame,
  tableRequest,
} from "../console-request.ts";
import { hrefOf, type ListState, quoted, type RowsPage, readListState, readPage } from "../list-state.ts";

/** The fields of a key in a list; null where the viewer may list the key and not read it. */
const row = z.object({
  $key: z.number(),
  name: z.string(),
  user: z.number(),
  user_name: z.string().nullable(),
  description: z.string().nullable(),
  created: z.number().nullable(),
  expires: z.number().nullable(),
  lastlogin_stamp: z.number().nullable(),
  lastlogin_ip: z.string().nullable(),
});

type KeyRow = z.output<typeof row>;

const owner = z.object({ $key: z.number(), name: z.string(), key_count: z.number().nullable() });

type Owner = z.output<typeof owner>;

const nameColumn = { field: "name", text: "Name" };
const userColumn = { field: "user_name", text: "User" };
const otherColumns = [
  { field: "lastlogin_stamp", text: "Last logged in" },
  { field: "lastlogin_ip", text: "Last logged in IP" },
  { field: "expires", text: "Expires" },
  { field: "created", text: "Created" },
];

/** What the table shows, and can be sorted by: whose a key is only where that differs. */
function columnsFor(user: Owner | undefined) {
  return [nameColumn, ...(user === undefined ? [userColumn] : []), ...otherColumns];
}

/** The keys of one user, or without a user in the path all that the viewer may see. */
export async function apiKeysScreen(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
) {
  const request = tableRequest(dependencies, context);
  const userKey = context.req.param("key");
  const user =
    userKey === undefined
      ? undefined
      : owner.parse(
          (await getRow(request, usersTable, userKey, "$key,name,count(api_keys) as key_count")).row,
        );
  const path = user === undefined ? "/api-keys" : `/users/${user.$key}/api-keys`;
  const columns = columnsFor(user);
  const sorts = columns.map(({ field }) => field);
  const state = readListState(path, context.req.query(), [nameColumn.field, ...sorts], ["ends"]);
  const page = await readPage(request, userApiKeysTable, row, {
    fields: "$key,name,user,user_name,description,created,expires,lastlogin_stamp,lastlogin_ip",
    conditions: conditionsOf(state, user, frame.nowSeconds),
    state,
  });
  const mayCreate = user !== undefined && (await mayDo(request, usersTable, user.$key, "modify"));
  return (
    <Page
      frame={frame}
      title="API keys"
      section={user === undefined ? "api-keys" : "users"}
      crumbs={user === undefined ? [] : ownerCrumbs(user)}
      actions={<NewKey href={mayCreate ? `${path}/new` : undefined} />}
    >
      <Outcome query={context.req.query()} />
      <Search state={state} label="Search API keys" columns={columns}>
        <EndsFilter chosen={state.filters["ends"] ?? ""} />
      </Search>
      <div id="rows">
        <Rows state={state} page={page} user={user} mayCreate={mayCreate} now={frame.nowSeconds} />
      </div>
    </Page>
  );
}

/** The way to something of a user's. */
export function ownerCrumbs(user: Pick<Owner, "$key" | "name">) {
  return [
    { text: "Users", href: "/users" },
    { text: user.name, href: `/users/${user.$key}` },
  ];
}

function NewKey({ href }: { readonly href: string | undefined }) {
  return href === undefined ? null : (
    <a class="button primary" href={href}>
      <Icon name="plus" /> New API key
    </a>
  );
}

const twoWeeks = 14 * 86_400;

/** Which ends a list can be narrowed to, and the condition of each. */
const ends: Readonly<Record<string, { readonly text: string; readonly condition: (now: number) => string }>> =
  {
    soon: {
      text: "Expires within 14 days",
      condition: (now) => `expires gt ${now} and expires lt ${now + twoWeeks}`,
    },
    over: { text: "Expired", condition: (now) => `expires gt 0 and expires le ${now}` },
    never: { text: "Never expires", condition: () => "expires eq 0" },
  };

function conditionsOf(state: ListState, user: Owner | undefined, now: number): readonly string[] {
  const text = quoted(state.search);
  const chosen = Object.entries(ends).find(([name]) => name === state.filters["ends"])?.[1];
  return [
    ...(user === undefined ? [] : [`user eq ${user.$key}`]),
    ...(state.search === ""
      ? []
      : [`(name ct ${text} or description ct ${text} or lastlogin_ip ct ${text} or secret_id eq ${text})`]),
    ...(chosen === undefined ? [] : [chosen.condition(now)]),
  ];
}

function EndsFilter({ chosen }: { readonly chosen: string }) {
  return (
    <div class="field">
      <label for="ends">Expiry</label>
      <select id="ends" name="ends">
        <option value="">Any</option>
        {Object.entries(ends).map(([name, { text }]) => (
          <option value={name} selected={name === chosen}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

interface RowsProps {
  readonly state: ListState;
  readonly page: RowsPage<KeyRow>;
  readonly user: Owner | undefined;
  readonly mayCreate: boolean;
  readonly now: number;
}

function Rows({ state, page, user, mayCreate, now }: RowsProps) {
  const isNarrowed = state.search !== "" || state.filters["ends"] !== "";
  if (page.rows.length === 0) {
    return (
      <NoRows state={state}>
        {isNarrowed ? (
          <p class="card" data-found>
            No API key fits. Search for a part of a name, a description or an address.
          </p>
        ) : (
          <Empty href={mayCreate ? `${state.path}/new` : undefined} />
        )}
      </NoRows>
    );
  }
  const columns = columnsFor(user);
  return (
    <form method="get" action="/api-keys/delete" data-selection>
      <input type="hidden" name="from" value={hrefOf(state, { page: state.page })} />
      <Table
        caption="API keys"
        head={
          <>
            <ColumnHead class="tick">
              <SelectAll />
            </ColumnHead>
            {columns.map((column) => (
              <SortHead state={state} {...column} />
            ))}
          </>
        }
      >
        {page.rows.map((key) => (
          <KeyLine apiKey={key} isOwnerShown={user === undefined} now={now} />
        ))}
      </Table>
      <div class="below">
        <button id="delete-selected" type="submit" class="danger" data-for-selection>
          <Icon name="trash" /> Delete selected
        </button>
        <span class="quiet" role="status" data-count />
        <Paging
          state={state}
          count={page.rows.length}
          hasMore={page.hasMore}
          noun={["API key", "API keys"]}
          total={isNarrowed ? undefined : (user?.key_count ?? undefined)}
        />
      </div>
    </form>
  );
}

function SelectAll() {
  return (
    <label data-needs-script>
      <input id="select-all" type="checkbox" data-tick-all />
      <span class="visually-hidden">Select all on this page</span>
    </label>
  );
}

function KeyLine(props: { readonly apiKey: KeyRow; readonly isOwnerShown: boolean; readonly now: number }) {
  const { apiKey, isOwnerShown, now } = props;
  const hidden = <span class="quiet">Not yours to see</span>;
  return (
    <Row>
      <Cell class="tick">
        <label>
          <input type="checkbox" name="key" value={apiKey.$key} autocomplete="off" data-tick />
          <span class="visually-hidden">
            Select <bdi>{apiKey.name}</bdi>
          </span>
        </label>
      </Cell>
      <RowHead>
        <a class="clamped" href={`/api-keys/${apiKey.$key}`}>
          <bdi>{apiKey.name}</bdi>
        </a>
        {(apiKey.description ?? "") === "" ? null : (
          <span class="description clamped" dir="auto">
            {apiKey.description}
          </span>
        )}
      </RowHead>
      {isOwnerShown ? (
        <Cell label="User">
          <a class="clamped" href={`/users/${apiKey.user}`}>
            <bdi>{apiKey.user_name ?? `User ${apiKey.user}`}</bdi>
          </a>
        </Cell>
      ) : null}
      <Cell label="Last logged in">
        {apiKey.lastlogin_stamp === null ? hidden : <LastLogin stamp={apiKey.lastlogin_stamp} now={now} />}
      </Cell>
      <Cell label="Last logged in IP">
        {apiKey.lastlogin_ip === null ? hidden : apiKey.lastlogin_ip || <span class="quiet">None</span>}
      </Cell>
      <Cell label="Expires">
        {apiKey.expires === null ? hidden : <Expiry expires={apiKey.expires} now={now} />}
      </Cell>
      <Cell label="Created">
        {apiKey.created === null ? hidden : <RelativeTime seconds={apiKey.created} now={now} />}
      </Cell>
    </Row>
  );
}

/** When a key was last used. Epoch seconds, 0 for never. */
export function LastLogin({ stamp, now }: { readonly stamp: number; readonly now: number }) {
  return stamp === 0 ? <span class="quiet">Never used</span> : <RelativeTime seconds={stamp} now={now} />;
}

function Empty({ href }: { readonly href: string | undefined }) {
  return (
    <div class="card stack empty">
      <h2 data-found>No API keys yet</h2>
      <p>
        An API key lets a program call the API as this user, without the password. Give each program a key of
        its own: then each can be limited to its addresses, expire by itself, and be revoked without touching
        the others.
      </p>
      <ol>
        <li>Make a key, say until when it is valid and from which addresses.</li>
        <li>Copy its secret or save it as a file: it is shown once.</li>
        <li>
          Send it as <code>Authorization: Bearer …</code>, or declare the key in Terraform or CDKTF from the
          start.
        </li>
      </ol>
      <p>
        <NewKey href={href} />
      </p>
    </div>
  );
}
