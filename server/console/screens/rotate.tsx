import { userApiKeysTable } from "../../tables/api-key-table.ts";
import { actOnRow } from "../../tables/serve-table.ts";
import { type KeyDetails, madeKey, readKey } from "../api-key-row.ts";
import { Expiry } from "../components/expiry.tsx";
import { ExpiryFields } from "../components/expiry-fields.tsx";
import { describedBy } from "../components/field.tsx";
import { Page } from "../components/layout.tsx";
import { FaultNotice } from "../components/notice.tsx";
import {
  type ConsoleContext,
  type ConsoleDependencies,
  type PageFrame,
  tableRequest,
} from "../console-request.ts";
import { drawOnce, type FormFields, readForm } from "../form-data.ts";
import { expiryFault, type FormFaults, faultsOf, inWords, namedFaults } from "../form-faults.ts";
import { pickedSeconds, pickerTime, readKeyForm } from "../key-form.ts";
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
  /** In seconds; undefined where none was chosen. */
  readonly overlap: number | undefined;
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
  const faults = namedFaults(typed?.faults ?? {});
  return (
    <Page
      frame={frame}
      title={{ before: "Rotate ", name: apiKey.name }}
      section="users"
      crumbs={[
        ...ownerCrumbs(user),
        { text: "API keys", href: `/users/${user.$key}/api-keys` },
        { text: apiKey.name, href },
      ]}
      isFault={faults.length > 0}
    >
      {faults.length === 0 ? null : <FaultNotice faults={faults} />}
      <form method="post" action={`${href}/rotate`} class="card stack narrow" data-whole novalidate>
        {/* The first button of a form is the one that Enter presses. */}
        <input type="submit" name="do" value="rotate" data-default hidden />
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
      <input type="hidden" name="once" value={drawOnce()} autocomplete="off" />
      <div class="field">
        <label for="overlap">The old secret stays valid for</label>
        <select id="overlap" name="overlap" {...describedBy("overlap", { error: typed.faults["overlap"] })}>
          {typed.overlap === undefined ? (
            <option value="" selected>
              Choose how long
            </option>
          ) : null}
          {overlaps.map(({ seconds, text }) => (
            <option value={seconds} selected={seconds === typed.overlap}>
              {text}
            </option>
          ))}
        </select>
        {typed.faults["overlap"] === undefined ? null : (
          <p class="fault" id="overlap-fault">
            {typed.faults["overlap"]}
          </p>
        )}
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
  const overlap = /^\d{1,9}$/.test(form.text("overlap")) ? Number(form.text("overlap")) : undefined;
  const typed = { overlap, expiresType, expiresAt, faults: {} };
  if (form.text("do") !== "rotate") {
    return context.html(await rotateScreen(dependencies, context, frame, typed));
  }
  // Left out, it would be none: the old secret would end at once without anybody having asked for that.
  if (overlap === undefined) {
    const end = expiryFault(typed, frame.nowSeconds);
    const faults = { overlap: "Choose how long.", ...(end === undefined ? {} : { expires: end }) };
    return context.html(await rotateScreen(dependencies, context, frame, { ...typed, faults }), 422);
  }
  try {
    const made = madeKey.parse(await rotate(dependencies, context, form, { ...typed, overlap }));
    return made.key === undefined
      ? context.redirect(`/api-keys/${made.$key}?done=made-already`, 303)
      : context.html(await createdScreen(dependencies, context, frame, { ...made, key: made.key }));
  } catch (error) {
    const found = faultsOf(error);
    if (found === undefined) {
      throw error;
    }
    const faults = inWords(found, typed, frame.nowSeconds);
    return context.html(await rotateScreen(dependencies, context, frame, { ...typed, faults }), 422);
  }
}

function rotate(dependencies: ConsoleDependencies, context: ConsoleContext, form: FormFields, typed: Typed) {
  const { overlap, expiresType, expiresAt } = typed;
  const request = tableRequest(dependencies, context, { once: form.text("once") });
  return actOnRow(request, userApiKeysTable, context.req.param("key") ?? "", "rotate", {
    overlap,
    expires_type: expiresType,
    ...(expiresType === "never" ? {} : { expires: pickedSeconds(expiresAt) ?? 0 }),
  });
}
