import { userApiKeysTable } from "../../tables/api-key-table.ts";
import { deleteRow } from "../../tables/serve-table.ts";
import { type KeyDetails, readKey } from "../api-key-row.ts";
import { Page } from "../components/layout.tsx";
import { Notice } from "../components/notice.tsx";
import { RelativeTime } from "../components/time.tsx";
import {
  type ConsoleContext,
  type ConsoleDependencies,
  type PageFrame,
  tableRequest,
} from "../console-request.ts";
import { readForm, safePath } from "../form-data.ts";

/** As many as a page of the table has; each is read and deleted by itself, with an audit row of its own. */
const keysMax = 100;

/** Asks whether the keys that the address names are to be deleted, and says when each was last used. */
export async function deleteScreen(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
) {
  const request = tableRequest(dependencies, context);
  const chosen = [...new Set(context.req.queries("key") ?? [])].slice(0, keysMax);
  const keys: KeyDetails[] = [];
  for (const key of chosen) {
    keys.push((await readKey(request, key)).apiKey);
  }
  const from = safePath(
    context.req.query("from") ?? (chosen[0] === undefined ? "/api-keys" : `/api-keys/${chosen[0]}`),
  );
  const title = keys.length === 1 ? `Delete ${keys[0]?.name ?? ""}?` : `Delete ${keys.length} API keys?`;
  return (
    <Page
      frame={frame}
      title={keys.length === 0 ? "No API key selected" : title}
      section="api-keys"
      crumbs={[{ text: "API keys", href: from }]}
    >
      {keys.length === 0 ? (
        <p class="card">
          Tick the keys that you want to delete first. <a href={from}>Back to the keys</a>
        </p>
      ) : (
        <Confirmation keys={keys} from={from} now={frame.nowSeconds} />
      )}
    </Page>
  );
}

const recentlyUsed = 7 * 86_400;

function Confirmation(props: {
  readonly keys: readonly KeyDetails[];
  readonly from: string;
  readonly now: number;
}) {
  const { keys, from, now } = props;
  const inUse = keys.filter(({ lastlogin_stamp: stamp }) => stamp > now - recentlyUsed).length;
  return (
    <form method="post" action="/api-keys/delete" class="card stack narrow">
      <input type="hidden" name="from" value={from} />
      <p>The secret is refused from that moment on. This cannot be undone.</p>
      {inUse === 0 ? null : (
        <Notice tone="warning">
          <p>
            {keys.length === 1 ? "It was" : `${inUse} of them ${inUse === 1 ? "was" : "were"}`} used within
            the last 7 days: something still depends on it. Rotating gives it time to change.
          </p>
        </Notice>
      )}
      <ul class="doomed">
        {keys.map((key) => (
          <li>
            <input type="hidden" name="key" value={key.$key} />
            <strong>{key.name}</strong>
            {key.user_name === null ? "" : ` of ${key.user_name}`}: <Use apiKey={key} now={now} />
          </li>
        ))}
      </ul>
      <div class="actions end">
        <button type="submit" name="do" value="delete" class="danger">
          Delete {keys.length === 1 ? "API key" : `${keys.length} API keys`}
        </button>
        <a class="button" href={from}>
          Cancel
        </a>
      </div>
    </form>
  );
}

function Use({ apiKey, now }: { readonly apiKey: KeyDetails; readonly now: number }) {
  const { lastlogin_stamp: stamp, lastlogin_ip: address } = apiKey;
  return stamp === 0 ? (
    "never used"
  ) : (
    <>
      last used <RelativeTime seconds={stamp} now={now} /> {address === "" ? "" : `from ${address}`}
    </>
  );
}

/** Deletes the keys, each with an audit row of its own. */
export async function deleteKeys(dependencies: ConsoleDependencies, context: ConsoleContext) {
  const form = await readForm(context);
  const keys = form.all("key").slice(0, keysMax);
  if (form.text("do") !== "delete") {
    return context.redirect(
      `/api-keys/delete?${keys.map((key) => `key=${encodeURIComponent(key)}`).join("&")}`,
      303,
    );
  }
  const request = tableRequest(dependencies, context);
  let owner: number | undefined;
  for (const key of keys) {
    owner ??= (await readKey(request, key)).apiKey.user;
    await deleteRow(request, userApiKeysTable, key);
  }
  // Back to the list where they were ticked; a key's own page is gone with it.
  const isFromAll = form.text("from") === "/api-keys" || owner === undefined;
  const list = isFromAll ? "/api-keys" : `/users/${owner}/api-keys`;
  return context.redirect(`${list}?done=${keys.length === 1 ? "deleted" : "deleted-several"}`, 303);
}
