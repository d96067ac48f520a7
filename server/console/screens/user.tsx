import { z } from "zod";
import { permissionRow, rights } from "../../../contract/permissions.ts";
import { userRow } from "../../../contract/users.ts";
import { userApiKeysTable } from "../../tables/api-key-table.ts";
import { permissionsTable } from "../../tables/permissions.ts";
import { actOnRow, getRow, listRows, mayDo } from "../../tables/serve-table.ts";
import { usersTable } from "../../tables/users.ts";
import { Expiry } from "../components/expiry.tsx";
import { Icon } from "../components/icon.tsx";
import { Page } from "../components/layout.tsx";
import { Notice, Outcome } from "../components/notice.tsx";
import { Cell, ColumnHead, Row, RowHead, Table } from "../components/table.tsx";
import { ExactTime } from "../components/time.tsx";
import {
  type ConsoleContext,
  type ConsoleDependencies,
  type PageFrame,
  tableRequest,
} from "../console-request.ts";
import { readForm } from "../form-data.ts";
import { faultsOf, sentence } from "../form-faults.ts";
import { UserStatus } from "./users.tsx";

const row = z.object({
  ...userRow.pick({ $key: true, name: true, displayname: true, type: true, enabled: true, identity: true })
    .shape,
  email: z.string(),
  physical_access: z.boolean(),
  created: z.number(),
  last_login: z.number(),
  key_count: z.number().nullable(),
  memberships: z.array(
    z.object({
      parent_group: z.number().nullable(),
      name: z.string().nullable(),
      identity: z.string().nullable(),
    }),
  ),
});

type User = z.output<typeof row>;

const fields =
  "$key,name,displayname,email,type,enabled,identity,physical_access,created,last_login,count(api_keys) as key_count," +
  "memberships[parent_group,parent_group#name as name,parent_group#identity as identity]";

const grantRow = permissionRow.omit({ identity_display: true });
const nextRow = z.object({ $key: z.number(), name: z.string(), expires: z.number() });

/** A user's dashboard. */
export async function userScreen(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
  error?: string,
) {
  const request = tableRequest(dependencies, context);
  const key = context.req.param("key") ?? "";
  const user = row.parse((await getRow(request, usersTable, key, fields)).row);
  const identities = [user.identity, ...user.memberships.map(({ identity }) => identity ?? "0")];
  const found = await listRows(request, permissionsTable, {
    fields: `$key,identity,table,row,rowdisplay,${rights.join(",")}`,
    filter: `identity in (${identities.join(",")})`,
    sort: "table,row",
    limit: 200,
  });
  const next = await listRows(request, userApiKeysTable, {
    fields: "$key,name,expires",
    filter: `user eq ${user.$key} and expires gt ${frame.nowSeconds}`,
    sort: "expires",
    limit: 1,
  });
  const mayModify = await mayDo(request, usersTable, user.$key, "modify");
  return (
    <Page
      frame={frame}
      title={{ name: user.name }}
      section="users"
      crumbs={[{ text: "Users", href: "/users" }]}
      actions={mayModify ? <Toggle user={user} /> : undefined}
      isFault={error !== undefined}
    >
      <Outcome query={context.req.query()} />
      {error === undefined ? null : (
        <Notice tone="error">
          <p>
            <bdi>{error}</bdi>
          </p>
        </Notice>
      )}
      <div class="columns">
        <div class="stack">
          <KeysCard
            user={user}
            next={z.array(nextRow).parse(next)[0]}
            mayModify={mayModify}
            now={frame.nowSeconds}
          />
          <GroupsCard user={user} />
        </div>
        <AboutCard user={user} now={frame.nowSeconds} />
        <RightsCard user={user} grants={z.array(grantRow).parse(found)} />
      </div>
    </Page>
  );
}

/** Enables or disables the user; any other thing to do only shows the user again. */
export async function changeUser(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
): Promise<Response> {
  const form = await readForm(context);
  const key = context.req.param("key") ?? "";
  const action = form.text("do");
  if (action !== "enable" && action !== "disable") {
    return context.redirect(`/users/${key}`, 303);
  }
  try {
    await actOnRow(tableRequest(dependencies, context), usersTable, key, action, {});
    return context.redirect(`/users/${key}?done=${action}d`, 303);
  } catch (error) {
    const faults = faultsOf(error);
    if (faults === undefined) {
      throw error;
    }
    const said =
      faults["enabled"] === undefined ? Object.values(faults).map(sentence).join(" ") : alwaysEnabled;
    return context.html(await userScreen(dependencies, context, frame, said), 422);
  }
}

const alwaysEnabled =
  "This user was made at installation and cannot be disabled, so that somebody can always sign in.";

/** To enable is one step; to disable ends every key of the user at once, so that is asked first. */
function Toggle({ user }: { readonly user: User }) {
  return user.enabled ? (
    <a class="button danger" href={`/users/${user.$key}/disable`}>
      Disable user
    </a>
  ) : (
    <form method="post" action={`/users/${user.$key}`}>
      <button type="submit" name="do" value="enable" class="primary">
        Enable user
      </button>
    </form>
  );
}

function KeysCard(props: {
  readonly user: User;
  readonly next: z.output<typeof nextRow> | undefined;
  readonly mayModify: boolean;
  readonly now: number;
}) {
  const { user, next, mayModify, now } = props;
  const href = `/users/${user.$key}/api-keys`;
  return (
    <section class="card stack" aria-labelledby="keys">
      <h2 id="keys">API keys</h2>
      <p class="figure">
        <a href={href}>
          <span class="count">{user.key_count ?? 0}</span> {user.key_count === 1 ? "API key" : "API keys"}
        </a>
      </p>
      <p>
        {next === undefined ? (
          "None is going to expire."
        ) : (
          <>
            Next to expire:{" "}
            <a href={`/api-keys/${next.$key}`}>
              <bdi>{next.name}</bdi>
            </a>{" "}
            <Expiry expires={next.expires} now={now} />
          </>
        )}
      </p>
      {mayModify ? (
        <p>
          <a class="button primary" href={`${href}/new`}>
            <Icon name="plus" /> New API key
          </a>
        </p>
      ) : null}
    </section>
  );
}

function AboutCard({ user, now }: { readonly user: User; readonly now: number }) {
  return (
    <section class="card stack" aria-labelledby="about">
      <h2 id="about">About</h2>
      <dl>
        <dt>Status</dt>
        <dd>
          <UserStatus isEnabled={user.enabled} />
        </dd>
        <dt>Display name</dt>
        <dd>{user.displayname === "" ? <span class="quiet">None</span> : <bdi>{user.displayname}</bdi>}</dd>
        <dt>E-mail</dt>
        <dd>{user.email === "" ? <span class="quiet">None</span> : <bdi>{user.email}</bdi>}</dd>
        <dt>Type</dt>
        <dd>{user.type}</dd>
        <dt>Created</dt>
        <dd>
          <ExactTime seconds={user.created} now={now} />
        </dd>
        <dt>Last logged in</dt>
        <dd>
          {user.last_login === 0 ? (
            <span class="quiet">Never</span>
          ) : (
            <ExactTime seconds={user.last_login} now={now} />
          )}
        </dd>
      </dl>
      <p>
        <a href={`/logs?user=${encodeURIComponent(user.name)}`}>Logs of this user</a>
      </p>
    </section>
  );
}

function GroupsCard({ user }: { readonly user: User }) {
  return (
    <section class="card stack" aria-labelledby="groups">
      <h2 id="groups">Groups</h2>
      {user.memberships.length === 0 ? (
        <p class="quiet">In no group.</p>
      ) : (
        <ul>
          {user.memberships.map(({ parent_group: group, name }) => (
            <li>
              <bdi>{name ?? `Group ${group ?? ""}`}</bdi>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function RightsCard({
  user,
  grants,
}: {
  readonly user: User;
  readonly grants: readonly z.output<typeof grantRow>[];
}) {
  const via = (identity: string) =>
    identity === user.identity
      ? "Directly"
      : `Group ${user.memberships.find((group) => group.identity === identity)?.name ?? ""}`;
  return (
    <section class="card stack wide" aria-labelledby="rights">
      <h2 id="rights">Rights</h2>
      {user.physical_access ? <p>A system administrator: every right on everything.</p> : null}
      {grants.length === 0 ? (
        <p class="quiet">Nothing is granted, directly or through a group.</p>
      ) : (
        <Table
          caption="Rights"
          head={["On", "May", "Granted"].map((text) => <ColumnHead>{text}</ColumnHead>)}
        >
          {grants.map((grant) => (
            <Row>
              <RowHead>
                <bdi>{placeOf(grant)}</bdi>
              </RowHead>
              <Cell label="May">{rights.filter((right) => grant[right]).join(", ") || "nothing"}</Cell>
              <Cell label="Granted">
                <bdi>{via(grant.identity)}</bdi>
              </Cell>
            </Row>
          ))}
        </Table>
      )}
    </section>
  );
}

function placeOf({ table, row: key, rowdisplay }: z.output<typeof grantRow>): string {
  if (key !== 0) {
    return `${table}: ${rowdisplay ?? key}`;
  }
  return table === "/" ? "Everything" : `All of ${table}`;
}
