import type { Child } from "hono/jsx";
import { addressExplanation, addressQuestion } from "../../../contract/user-api-keys.ts";
import { describeLists } from "../../access/address-lists.ts";
import { ApiError } from "../../errors.ts";
import { userApiKeysTable } from "../../tables/api-key-table.ts";
import { actOnRow, mayDo, type TableRequest } from "../../tables/serve-table.ts";
import { declaredOf, type KeyDetails, listsOf, readKey } from "../api-key-row.ts";
import { CodeBlock } from "../components/code-block.tsx";
import { ExpiryInFull } from "../components/expiry.tsx";
import { Field } from "../components/field.tsx";
import { Icon } from "../components/icon.tsx";
import { Page } from "../components/layout.tsx";
import { Notice, Outcome } from "../components/notice.tsx";
import { ExactTime } from "../components/time.tsx";
import { type Verdict, VerdictLine } from "../components/verdict.tsx";
import {
  type ConsoleContext,
  type ConsoleDependencies,
  type PageFrame,
  tableRequest,
} from "../console-request.ts";
import { declareInCdktf, declareInTerraform } from "../declaration.ts";
import { ownerCrumbs } from "./api-keys.tsx";

/** A key's own page: how it stands, what can be done with it, and how it is declared in code. */
export async function apiKeyScreen(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
  /** A key that was just made, in place of the one in the path, and the dialog that shows its secret. */
  made?: { readonly key: string; readonly dialog: (apiKey: KeyDetails) => Child },
) {
  const request = tableRequest(dependencies, context);
  const { apiKey } = await readKey(request, made?.key ?? context.req.param("key") ?? "");
  const mayModify = await mayDo(request, userApiKeysTable, apiKey.$key, "modify");
  const mayDelete = await mayDo(request, userApiKeysTable, apiKey.$key, "delete");
  const address = context.req.query("address");
  const isAsked = (address ?? "").trim() !== "";
  const verdict = isAsked ? await explain(request, apiKey, address ?? "") : undefined;
  const owner = { $key: apiKey.user, name: apiKey.user_name ?? `User ${apiKey.user}` };
  return (
    <Page
      frame={frame}
      title={{ name: apiKey.name }}
      section="users"
      crumbs={[...ownerCrumbs(owner), { text: "API keys", href: `/users/${owner.$key}/api-keys` }]}
      actions={<Actions apiKey={apiKey} mayModify={mayModify} mayDelete={mayDelete} />}
    >
      <Outcome query={context.req.query()} />
      <div class="columns">
        <Facts apiKey={apiKey} now={frame.nowSeconds} />
        <Access apiKey={apiKey} address={address ?? ""} verdict={verdict} />
        <Declaration apiKey={apiKey} />
      </div>
      {made?.dialog(apiKey)}
    </Page>
  );
}

async function explain(request: TableRequest, apiKey: KeyDetails, address: string): Promise<Verdict> {
  try {
    const body = addressQuestion.shape.address.parse(address.trim());
    const answer = await actOnRow(request, userApiKeysTable, String(apiKey.$key), "explain", {
      address: body,
    });
    return { explanation: addressExplanation.parse(answer) };
  } catch (error) {
    if (error instanceof ApiError && error.code !== "not_found") {
      return { fault: error.message };
    }
    const [issue] = addressQuestion.safeParse({ address: address.trim() }).error?.issues ?? [];
    if (issue !== undefined) {
      return { fault: issue.message };
    }
    throw error;
  }
}

function Actions(props: {
  readonly apiKey: KeyDetails;
  readonly mayModify: boolean;
  readonly mayDelete: boolean;
}) {
  const { apiKey, mayModify, mayDelete } = props;
  const href = `/api-keys/${apiKey.$key}`;
  return (
    <>
      {mayModify ? (
        <>
          <a class="button" href={`${href}/edit`}>
            <Icon name="edit" /> Edit
          </a>
          <a class="button" href={`${href}/rotate`}>
            <Icon name="rotate" /> Rotate
          </a>
        </>
      ) : null}
      {mayDelete ? (
        <a class="button danger" href={`/api-keys/delete?key=${apiKey.$key}`}>
          <Icon name="trash" /> Delete
        </a>
      ) : null}
    </>
  );
}

function Facts({ apiKey, now }: { readonly apiKey: KeyDetails; readonly now: number }) {
  return (
    <section class="card stack" aria-labelledby="facts">
      <h2 id="facts">API key</h2>
      {apiKey.description === "" ? null : (
        <p class="prose" dir="auto">
          {apiKey.description}
        </p>
      )}
      <dl>
        <dt>Expires</dt>
        <dd>
          <ExpiryInFull expires={apiKey.expires} now={now} />
        </dd>
        <dt>Last logged in</dt>
        <dd>
          {apiKey.lastlogin_stamp === 0 ? (
            <span class="quiet">Never used</span>
          ) : (
            <ExactTime seconds={apiKey.lastlogin_stamp} now={now} />
          )}
        </dd>
        <dt>From</dt>
        <dd>{apiKey.lastlogin_ip || <span class="quiet">No address yet</span>}</dd>
        <dt>Created</dt>
        <dd>
          <ExactTime seconds={apiKey.created} now={now} />
        </dd>
        <dt>Public id</dt>
        <dd>
          <code>{apiKey.secret_id}</code>
        </dd>
      </dl>
      <p>
        <a href={`/logs?key=${apiKey.secret_id}`}>Logs of this key</a>
      </p>
    </section>
  );
}

function Access(props: {
  readonly apiKey: KeyDetails;
  readonly address: string;
  readonly verdict: Verdict | undefined;
}) {
  const { apiKey, address, verdict } = props;
  return (
    <section class="card stack" aria-labelledby="access">
      <h2 id="access">Access</h2>
      <p>{describeLists(listsOf(apiKey))}</p>
      <Entries title="Allow list" entries={apiKey.ip_allow_entries} />
      <Entries title="Deny list" entries={apiKey.ip_deny_entries} />
      <form method="get" action={`/api-keys/${apiKey.$key}`} class="try" data-live="verdict">
        <Field id="address" label="Would this address pass?">
          <input
            id="address"
            name="address"
            value={address}
            placeholder="192.0.2.7"
            autocomplete="off"
            dir="auto"
            data-fault="address-fault"
            aria-describedby="verdict"
            aria-invalid={verdict?.fault !== undefined}
          />
        </Field>
        <button type="submit">Try</button>
      </form>
      <div id="verdict" aria-live="polite">
        <VerdictLine verdict={verdict} />
        {verdict?.fault === undefined ? null : (
          <p class="fault" id="address-fault">
            <bdi>{verdict.fault}</bdi>
          </p>
        )}
      </div>
    </section>
  );
}

function Entries(props: { readonly title: string; readonly entries: KeyDetails["ip_allow_entries"] }) {
  const { title, entries } = props;
  return entries.length === 0 ? null : (
    <div>
      <h3>{title}</h3>
      <ul class="entries">
        {entries.map(({ address, enabled }) => (
          <li>
            <code>{address.trim()}</code> {enabled ? null : <span class="badge">Switched off</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Declaration({ apiKey }: { readonly apiKey: KeyDetails }) {
  const declared = declaredOf(apiKey);
  const isLess = [...apiKey.ip_allow_entries, ...apiKey.ip_deny_entries].some(({ enabled }) => !enabled);
  return (
    <section class="card stack wide" aria-labelledby="declaration">
      <h2 id="declaration">Declare in code</h2>
      {declared === undefined ? (
        <Notice tone="warning">
          <p>
            The allow list has entries, and none of them is switched on: the key works from nowhere. Code has
            no word for that, and without an allow list a declared key would work from everywhere. Switch an
            entry on, or remove them all, and the declaration stands here.
          </p>
        </Notice>
      ) : (
        <>
          <p>
            Put this into your configuration, the second into the constructor of a stack, to take the key
            over: the next plan imports it and changes nothing. The secret stays as it is, and is in neither
            of the two.
            {isLess ? " Entries that are switched off are left out: code has no switch for them." : ""}
          </p>
          <div class="codes">
            <CodeBlock id="terraform" title="Terraform" code={declareInTerraform(declared)} />
            <CodeBlock id="cdktf" title="CDKTF" code={declareInCdktf(declared)} />
          </div>
        </>
      )}
    </section>
  );
}
