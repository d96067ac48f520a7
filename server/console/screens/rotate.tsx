import { userApiKeysTable } from "../../tables/api-key-table.ts";
import { actOnRow } from "../../tables/serve-table.ts";
import { type KeyDetails, madeKey, readKey } from "../api-key-row.ts";
import { Expiry } from "../components/expiry.tsx";
import { ExpiryFields } from "../components/expiry-fields.tsx";
import { Page } from "../components/layout.tsx";
import { Notice } from "../components/notice.tsx";
import {
  type ConsoleContext,
  type ConsoleDependencies,
  type PageFrame,
  tableRequest,
} from "../console-request.ts";
import { drawOnce, type FormFields, readForm } from "../form-data.ts";
import { type FormFaults, faultsOf, pickedSeconds, pickerTime, readKeyForm } from "../key-form.ts";
import { LastLogin, ownerCrumbs } from "./api-keys.tsx";
import { createdScreen } from "./created.tsx";

const overlaps = [
  { seconds: 0, text: "None: the old secret is refused at once" },
  { seconds: 3600, text: "1 hour" },
  { seconds: 86_400, text: "1 day" },
  { seconds: 172_800, text: "2 days" },
  { seconds: 604_800, text: "7 days" },
  { seconds: 2_592_000, text: "30 days" },
] as const;

const suggestedOverlap = 86_400;

interface Typed {
  readonly overlap: number;
  readonly expiresType: "never" | "date";
  readonly expiresAt: string;
  readonly faults: FormFaults;
}

/** Asks how long the old secret is to stay valid, and when the new one ends. */
export async function rotateScreen(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
  typed?: Typed,
) {
  const { apiKey } = await readKey(tableRequest(dependencies, context), context.req.param("key") ?? "");
  const user = { $key: apiKey.user, name: apiKey.user_name ?? `User ${apiKey.user}` };
  const href = `/api-keys/${apiKey.$key}`;
  return (
    <Page
      frame={frame}
      title={`Rotate ${apiKey.name}`}
      section="users"
      crumbs={[...ownerCrumbs(user), { text: apiKey.name, href }]}
    >
      <form method="post" action={`${href}/rotate`} class="card stack narrow" novalidate>
        <p>
          Rotating makes a successor with the same name and settings and a new secret, shown once. The old
          secret works on for the overlap, so that whoever uses it has time to change.
        </p>
        <dl>
          <dt>Last logged in</dt>
          <dd>
            <LastLogin stamp={apiKey.lastlogin_stamp} now={frame.nowSeconds} />
          </dd>
          <dt>Expires</dt>
          <dd>
            <Expiry expires={apiKey.expires} now={frame.nowSeconds} />
          </dd>
        </dl>
        <Fields typed={typed ?? suggested(apiKey, frame.nowSeconds)} />
        <div class="actions end">
          <button type="submit" name="do" value="rotate" class="primary">
            Rotate
          </button>
          <a class="button" href={href}>
            Cancel
          </a>
        </div>
      </form>
    </Page>
  );
}

/** The successor of a key that ends lives as long as its predecessor was meant to. */
function suggested({ created, expires }: KeyDetails, now: number): Typed {
  const expiresAt = expires === 0 ? "" : pickerTime(Math.ceil((now + expires - created) / 60) * 60);
  return { overlap: suggestedOverlap, expiresType: expires === 0 ? "never" : "date", expiresAt, faults: {} };
}

function Fields({ typed }: { readonly typed: Typed }) {
  return (
    <>
      {typed.faults[""] === undefined ? null : (
        <Notice tone="error">
          <p>{typed.faults[""]}</p>
        </Notice>
      )}
      <input type="hidden" name="once" value={drawOnce()} autocomplete="off" />
      <div class="field">
        <label for="overlap">The old secret stays valid for</label>
        <select id="overlap" name="overlap">
          {overlaps.map(({ seconds, text }) => (
            <option value={seconds} selected={seconds === typed.overlap}>
              {text}
            </option>
          ))}
        </select>
      </div>
      <ExpiryFields type={typed.expiresType} at={typed.expiresAt} error={typed.faults["expires"]} />
    </>
  );
}

/** Rotates and shows the successor's secret, or shows the form again. */
export async function rotateKey(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
) {
  const form = await readForm(context);
  const { expiresType, expiresAt } = readKeyForm(form, frame.nowSeconds);
  const typed = { overlap: Number(form.text("overlap")), expiresType, expiresAt, faults: {} };
  if (form.text("do") !== "rotate") {
    return context.html(await rotateScreen(dependencies, context, frame, typed));
  }
  try {
    const made = madeKey.parse(await rotate(dependencies, context, form, typed));
    return made.key === undefined
      ? context.redirect(`/api-keys/${made.$key}?done=made-already`, 303)
      : context.html(await createdScreen(dependencies, context, frame, { ...made, key: made.key }));
  } catch (error) {
    const faults = faultsOf(error);
    if (faults === undefined) {
      throw error;
    }
    return context.html(await rotateScreen(dependencies, context, frame, { ...typed, faults }), 422);
  }
}

function rotate(dependencies: ConsoleDependencies, context: ConsoleContext, form: FormFields, typed: Typed) {
  const { overlap, expiresType, expiresAt } = typed;
  const request = tableRequest(dependencies, context, { once: form.text("once") });
  return actOnRow(request, userApiKeysTable, context.req.param("key") ?? "", "rotate", {
    overlap,
    expires_type: expiresType,
    ...(expiresType === "never" ? {} : { expires: pickedSeconds(expiresAt) }),
  });
}
