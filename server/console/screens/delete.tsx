import { ApiError, notFound } from "../../errors.ts";
import { userApiKeysTable } from "../../tables/api-key-table.ts";
import { deleteRow, type TableRequest } from "../../tables/serve-table.ts";
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
import { ownerCrumbs } from "./api-keys.tsx";

/** Each is read and deleted by itself, with an audit row of its own. */
const keysMax = 100;

/** Asks whether the keys that the address names are to be deleted, and says when each was last used. */
export async function deleteScreen(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
) {
  const request = tableRequest(dependencies, context);
  const chosen = [...new Set(context.req.queries("key") ?? [])];
  const { keys, goneCount } = await readKeys(request, chosen.slice(0, keysMax));
  const [first] = keys;
  const from = safePath(
    context.req.query("from") ?? (first === undefined ? "/api-keys" : `/api-keys/${first.$key}`),
  );
  const crumbs = crumbsOf(keys, from);
  const section = crumbs.length > 1 ? "users" : "api-keys";
  if (first === undefined) {
    return (
      <Page frame={frame} title="No API key selected" section="api-keys" crumbs={crumbs}>
        <p class="card">
          Tick the keys that you want to delete first. <a href={from}>Back to the keys</a>
        </p>
      </Page>
    );
  }
  const title =
    keys.length === 1
      ? { before: "Delete ", name: first.name, after: "?" }
      : `Delete ${keys.length} API keys?`;
  return (
    <Page frame={frame} title={title} section={section} crumbs={crumbs}>
      {goneCount === 0 ? null : (
        <Notice tone="warning">
          <p>{goneCount === 1 ? "One of them is gone already." : `${goneCount} of them are gone already.`}</p>
        </Notice>
      )}
      {chosen.length <= keysMax ? null : (
        <Notice tone="warning">
          <p>
            You selected {chosen.length}. These are the first {keysMax}: as many as are deleted at once.
          </p>
        </Notice>
      )}
      <Confirmation keys={keys} from={from} now={frame.nowSeconds} />
    </Page>
  );
}

/** The keys that are there; none at all is an answer like that to any address of nothing. */
async function readKeys(
  request: TableRequest,
  chosen: readonly string[],
): Promise<{ readonly keys: readonly KeyDetails[]; readonly goneCount: number }> {
  const keys: KeyDetails[] = [];
  for (const key of chosen) {
    const { apiKey } = (await unlessGone(readKey(request, key))) ?? {};
    keys.push(...(apiKey === undefined ? [] : [apiKey]));
  }
  if (keys.length === 0 && chosen.length > 0) {
    throw notFound();
  }
  return { keys, goneCount: chosen.length - keys.length };
}

async function unlessGone<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof ApiError && error.code === "not_found") {
      return undefined;
    }
    throw error;
  }
}

/** Back to where the keys were ticked; those of one user by way of the user. */
function crumbsOf(keys: readonly KeyDetails[], from: string) {
  const [first] = keys;
  const isOfOne = first !== undefined && keys.every(({ user }) => user === first.user);
  if (!isOfOne || listPath(from) === "/api-keys") {
    return [{ text: "API keys", href: listPath(from) === undefined ? "/api-keys" : from }];
  }
  const owner = { $key: first.user, name: first.user_name ?? `User ${first.user}` };
  const list = listPath(from) === undefined ? `/users/${owner.$key}/api-keys` : from;
  const own = keys.length === 1 ? [{ text: first.name, href: `/api-keys/${first.$key}` }] : [];
  return [...ownerCrumbs(owner), { text: "API keys", href: list }, ...own];
}

/** The list that an address is a page of; undefined where it is none of a list. */
function listPath(address: string): string | undefined {
  const { pathname } = new URL(address, "http://here.invalid");
  return /^(\/users\/\d+)?\/api-keys$/.test(pathname) ? pathname : undefined;
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
            <strong>
              <bdi>{key.name}</bdi>
            </strong>
            {key.user_name === null ? null : (
              <>
                {" "}
                of <bdi>{key.user_name}</bdi>
              </>
            )}
            : <Use apiKey={key} now={now} />
          </li>
        ))}
      </ul>
      <div class="actions end">
        <button type="submit" name="do" value="delete" class="danger filled">
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

/** Deletes the keys, each with an audit row of its own, and says of how many that came true. */
export async function deleteKeys(dependencies: ConsoleDependencies, context: ConsoleContext) {
  const form = await readForm(context);
  const keys = form.all("key").slice(0, keysMax);
  const from = safePath(form.text("from"));
  if (form.text("do") !== "delete") {
    const again = new URLSearchParams({ from });
    for (const key of keys) {
      again.append("key", key);
    }
    return context.redirect(`/api-keys/delete?${again}`, 303);
  }
  const { owner, deleted, gone, kept } = await deleteEach(tableRequest(dependencies, context), keys);
  const ofOwner = owner === undefined ? "/api-keys" : `/users/${owner}/api-keys`;
  // Back to the list where they were ticked; a key's own page is gone with it.
  const back = new URL(listPath(from) === undefined ? ofOwner : from, "http://here.invalid");
  const said = { done: "deleted", count: deleted, gone, kept };
  for (const [name, value] of Object.entries(said).filter(([, number]) => number !== 0)) {
    back.searchParams.set(name, String(value));
  }
  return context.redirect(back.pathname + back.search, 303);
}

/** One that is gone, or that may not be deleted, keeps none of the others. With nothing done it is a failure. */
async function deleteEach(request: TableRequest, keys: readonly string[]) {
  let [owner, deleted, gone]: [number | undefined, number, number] = [undefined, 0, 0];
  const refusals: ApiError[] = [];
  for (const key of keys) {
    try {
      owner ??= (await unlessGone(readKey(request, key)))?.apiKey.user;
      // Also of one that is gone already: who deleted it may not have been answered yet, and here too gone is refused everywhere.
      await deleteRow(request, userApiKeysTable, key);
      deleted += 1;
    } catch (error) {
      if (!(error instanceof ApiError && ["not_found", "forbidden"].includes(error.code))) {
        throw error;
      }
      gone += error.code === "not_found" ? 1 : 0;
      refusals.push(error);
    }
  }
  const [refusal] = refusals;
  if (refusal !== undefined && deleted === 0) {
    throw refusal;
  }
  return { owner, deleted, gone, kept: refusals.length - gone };
}
