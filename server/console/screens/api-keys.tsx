import { z } from "zod";
import { userApiKeysTable } from "../../tables/api-key-table.ts";
import { getRow, mayDo } from "../../tables/serve-table.ts";
import { usersTable } from "../../tables/users.ts";
import { Expiry } from "../components/expiry.tsx";
import { Icon } from "../components/icon.tsx";
import { Page } from "../components/layout.tsx";
import { Paging, Search, SortHead } from "../components/list.tsx";
import { Outcome } from "../components/notice.tsx";
import { RelativeTime } from "../components/time.tsx";
import {
  type ConsoleContext,
  type ConsoleDependencies,
  type PageFrame,
  tableRequest,
} from "../console-request.ts";
import { type ListState, quoted, type RowsPage, readListState, readPage } from "../list-state.ts";

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

const sorts = ["name", "lastlogin_stamp", "lastlogin_ip", "expires", "created", "user_name"] as const;

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
  const state = readListState(path, context.req.query(), [...sorts], ["ends"]);
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
      <Outcome name={context.req.query("done")} />
      <Search state={state} label="Search API keys">
        <EndsFilter chosen={state.filters["ends"] ?? ""} />
      </Search>
      <div id="rows" aria-live="polite">
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
    return isNarrowed ? (
      <p class="card">No API key fits. Search for a part of a name, a description or an address.</p>
    ) : (
      <Empty href={mayCreate ? `${state.path}/new` : undefined} />
    );
  }
  return (
    <form method="get" action="/api-keys/delete">
      <input type="hidden" name="from" value={state.path} />
      {/* Wide for a small window: it scrolls by itself there. */}
      <table class="cards">
        <caption class="visually-hidden">API keys</caption>
        <thead>
          <tr>
            <th scope="col" class="tick">
              <span class="visually-hidden">Select</span>
            </th>
            <SortHead state={state} field="name" text="Name" />
            {user === undefined ? <SortHead state={state} field="user_name" text="User" /> : null}
            <SortHead state={state} field="lastlogin_stamp" text="Last logged in" />
            <SortHead state={state} field="lastlogin_ip" text="Last logged in IP" />
            <SortHead state={state} field="expires" text="Expires" />
            <SortHead state={state} field="created" text="Created" />
          </tr>
        </thead>
        <tbody>
          {page.rows.map((key) => (
            <Row apiKey={key} isOwnerShown={user === undefined} now={now} />
          ))}
        </tbody>
      </table>
      <div class="below">
        <button type="submit" class="danger">
          <Icon name="trash" /> Delete selected
        </button>
        <Paging
          state={state}
          count={page.rows.length}
          hasMore={page.hasMore}
          total={isNarrowed ? undefined : (user?.key_count ?? undefined)}
        />
      </div>
    </form>
  );
}

function Row(props: { readonly apiKey: KeyRow; readonly isOwnerShown: boolean; readonly now: number }) {
  const { apiKey, isOwnerShown, now } = props;
  const hidden = <span class="quiet">Not yours to see</span>;
  return (
    <tr>
      <td class="tick">
        <label>
          <input type="checkbox" name="key" value={apiKey.$key} />
          <span class="visually-hidden">Select {apiKey.name}</span>
        </label>
      </td>
      <th scope="row">
        <a href={`/api-keys/${apiKey.$key}`}>{apiKey.name}</a>
        {(apiKey.description ?? "") === "" ? null : <span class="description">{apiKey.description}</span>}
      </th>
      {isOwnerShown ? (
        <td data-label="User">
          <a href={`/users/${apiKey.user}`}>{apiKey.user_name ?? `User ${apiKey.user}`}</a>
        </td>
      ) : null}
      <td data-label="Last logged in">
        {apiKey.lastlogin_stamp === null ? hidden : <LastLogin stamp={apiKey.lastlogin_stamp} now={now} />}
      </td>
      <td data-label="Last logged in IP">
        {apiKey.lastlogin_ip === null ? hidden : apiKey.lastlogin_ip || <span class="quiet">None</span>}
      </td>
      <td data-label="Expires">
        {apiKey.expires === null ? hidden : <Expiry expires={apiKey.expires} now={now} />}
      </td>
      <td data-label="Created">
        {apiKey.created === null ? hidden : <RelativeTime seconds={apiKey.created} now={now} />}
      </td>
    </tr>
  );
}

/** When a key was last used. Epoch seconds, 0 for never. */
export function LastLogin({ stamp, now }: { readonly stamp: number; readonly now: number }) {
  return stamp === 0 ? <span class="quiet">Never used</span> : <RelativeTime seconds={stamp} now={now} />;
}

function Empty({ href }: { readonly href: string | undefined }) {
  return (
    <div class="card stack empty">
      <h2>No API keys yet</h2>
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
