import { z } from "zod";
import { userApiKeysTable } from "../../tables/api-key-table.ts";
import { createRow, getRow, updateRow } from "../../tables/serve-table.ts";
import { usersTable } from "../../tables/users.ts";
import { madeKey, readKey } from "../api-key-row.ts";
import { AccessEditor } from "../components/access-editor.tsx";
import { ExpiryFields } from "../components/expiry-fields.tsx";
import { describedBy, Field } from "../components/field.tsx";
import { type Crumb, Page } from "../components/layout.tsx";
import { Notice } from "../components/notice.tsx";
import {
  type ConsoleContext,
  type ConsoleDependencies,
  type PageFrame,
  tableRequest,
} from "../console-request.ts";
import { drawOnce, type FormFields, readForm } from "../form-data.ts";
import {
  emptyForm,
  entryFaults,
  type FormFaults,
  faultsOf,
  formOf,
  type KeyFormValues,
  readKeyForm,
  requestBody,
} from "../key-form.ts";
import { ownerCrumbs } from "./api-keys.tsx";
import { createdScreen } from "./created.tsx";

const owner = z.object({ $key: z.number(), name: z.string() });

/** The form for a new key of the user in the path; what comes with it was typed before. */
export async function newKeyScreen(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
  typed: Partial<Typed> = {},
) {
  const request = tableRequest(dependencies, context);
  const user = owner.parse(
    (await getRow(request, usersTable, context.req.param("key") ?? "", "$key,name")).row,
  );
  return (
    <KeyForm
      frame={frame}
      title="New API key"
      submit="Create API key"
      cancel={`/users/${user.$key}/api-keys`}
      crumbs={[...ownerCrumbs(user), { text: "API keys", href: `/users/${user.$key}/api-keys` }]}
      typed={{ values: emptyForm(frame.nowSeconds), faults: {}, action: "", ...typed }}
    >
      <input type="hidden" name="once" value={drawOnce()} autocomplete="off" />
    </KeyForm>
  );
}

/** Makes the key and shows its secret, or shows the form again: with what is wrong, or after a button within it. */
export async function createKey(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
) {
  const form = await readForm(context);
  const user = Number(context.req.param("key"));
  const send = (values: KeyFormValues) =>
    createRow(tableRequest(dependencies, context, { once: form.text("once") }), userApiKeysTable, {
      user,
      ...requestBody(values),
    });
  const outcome = await sendForm(form, frame.nowSeconds, send);
  if (!outcome.isDone) {
    const screen = await newKeyScreen(dependencies, context, frame, outcome.typed);
    return context.html(screen, outcome.status);
  }
  const made = madeKey.parse(outcome.answer);
  return made.key === undefined
    ? context.redirect(`/api-keys/${made.$key}?done=made-already`, 303)
    : context.html(await createdScreen(dependencies, context, frame, { ...made, key: made.key }));
}

/** The form for a key that there is. */
export async function editKeyScreen(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
  typed: Partial<Typed> = {},
) {
  const request = tableRequest(dependencies, context);
  const { apiKey, version } = await readKey(request, context.req.param("key") ?? "");
  const href = `/api-keys/${apiKey.$key}`;
  const user = { $key: apiKey.user, name: apiKey.user_name ?? `User ${apiKey.user}` };
  return (
    <KeyForm
      frame={frame}
      title={`Edit ${apiKey.name}`}
      submit="Save"
      cancel={href}
      crumbs={[
        ...ownerCrumbs(user),
        { text: "API keys", href: `/users/${user.$key}/api-keys` },
        { text: apiKey.name, href },
      ]}
      typed={{ values: formOf(apiKey), faults: {}, action: "", ...typed }}
    >
      <input type="hidden" name="version" value={typed.version || version} autocomplete="off" />
    </KeyForm>
  );
}

/** Saves the change, or shows the form again. */
export async function saveKey(dependencies: ConsoleDependencies, context: ConsoleContext, frame: PageFrame) {
  const form = await readForm(context);
  const key = context.req.param("key") ?? "";
  const version = form.text("version");
  const send = (values: KeyFormValues) =>
    updateRow(tableRequest(dependencies, context, { version }), userApiKeysTable, key, requestBody(values));
  const outcome = await sendForm(form, frame.nowSeconds, send);
  if (outcome.isDone) {
    return context.redirect(`/api-keys/${key}?done=saved`, 303);
  }
  // After a change by somebody else, the next attempt is on purpose: it carries the version that there is now.
  const isStale = outcome.status === 412;
  const typed = { ...outcome.typed, version: isStale ? "" : version };
  return context.html(await editKeyScreen(dependencies, context, frame, typed), outcome.status);
}

interface Typed {
  readonly values: KeyFormValues;
  readonly faults: FormFaults;
  /** The button that was pressed. */
  readonly action: string;
  /** The ETag that the form started from; empty for the present one. */
  readonly version: string;
}

type Outcome =
  | { readonly isDone: true; readonly answer: unknown }
  | {
      readonly isDone: false;
      readonly status: 200 | 412 | 422;
      readonly typed: Omit<Typed, "version">;
    };

/** Sends the form only when its own button asks for it: every other button, and coming back to it, shows it again. */
async function sendForm(
  form: FormFields,
  nowSeconds: number,
  send: (values: KeyFormValues) => Promise<unknown>,
): Promise<Outcome> {
  const action = form.text("do");
  const values = readKeyForm(form, nowSeconds);
  if (action !== "save") {
    return { isDone: false, status: 200, typed: { values, faults: entryFaults(values), action } };
  }
  try {
    return { isDone: true, answer: await send(values) };
  } catch (error) {
    const faults = faultsOf(error);
    if (faults === undefined) {
      throw error;
    }
    const isStale = faults[""]?.startsWith("If-Match") ?? false;
    const shown = isStale
      ? {
          "": "Somebody has changed this key since you opened it. Look at it again, or save to put yours in its place.",
        }
      : faults;
    return { isDone: false, status: isStale ? 412 : 422, typed: { values, faults: shown, action } };
  }
}

function KeyForm(props: {
  readonly frame: PageFrame;
  readonly title: string;
  readonly submit: string;
  readonly cancel: string;
  readonly crumbs: readonly Crumb[];
  readonly typed: Omit<Typed, "version">;
  readonly children: unknown;
}) {
  const { frame, title, submit, cancel, crumbs, typed, children } = props;
  const { values, faults, action } = typed;
  const count = Object.keys(faults).length;
  return (
    <Page frame={frame} title={title} section="users" crumbs={crumbs}>
      {action === "save" && count > 0 ? (
        <Notice tone="error">
          <p>
            {faults[""] ??
              (count === 1 ? "One field needs another look." : `${count} fields need another look.`)}
          </p>
        </Notice>
      ) : null}
      {action === "restore" ? (
        <Notice tone="done">
          <p>Here is what you had filled in. Nothing has been saved yet.</p>
        </Notice>
      ) : null}
      <form method="post" action={frame.here} data-key-form novalidate>
        {/* The first button of a form is the one that Enter presses. */}
        <input type="submit" name="do" value="save" hidden />
        {children}
        <div class="columns">
          <Settings values={values} faults={faults} />
          <AccessEditor values={values} faults={faults} action={action} />
        </div>
        <div class="actions end">
          <button type="submit" name="do" value="save" class="primary">
            {submit}
          </button>
          <a class="button" href={cancel}>
            Cancel
          </a>
        </div>
      </form>
    </Page>
  );
}

function Settings({ values, faults }: { readonly values: KeyFormValues; readonly faults: FormFaults }) {
  return (
    <section class="card stack" aria-labelledby="settings">
      <h2 id="settings">API Key</h2>
      <Field
        id="name"
        label="Name"
        error={faults["name"]}
        hint="What uses the key, such as ci-deploy. Unique for its user."
      >
        <input
          id="name"
          name="name"
          value={values.name}
          maxlength={128}
          required
          autocomplete="off"
          {...describedBy("name", { hint: true, error: faults["name"] })}
        />
      </Field>
      <Field id="description" label="Description" error={faults["description"]}>
        <textarea
          id="description"
          name="description"
          rows={3}
          maxlength={2048}
          {...describedBy("description", { error: faults["description"] })}
        >
          {values.description}
        </textarea>
      </Field>
      <ExpiryFields type={values.expiresType} at={values.expiresAt} error={faults["expires"]} />
    </section>
  );
}
