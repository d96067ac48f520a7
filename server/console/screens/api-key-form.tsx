import { z } from "zod";
import { InvalidInput } from "../../errors.ts";
import { userApiKeysTable } from "../../tables/api-key-table.ts";
import { createRow, getRow, listRows, type TableRequest, updateRow } from "../../tables/serve-table.ts";
import { usersTable } from "../../tables/users.ts";
import { madeKey, readKey } from "../api-key-row.ts";
import { AccessEditor } from "../components/access-editor.tsx";
import { ExpiryFields } from "../components/expiry-fields.tsx";
import { describedBy, Field } from "../components/field.tsx";
import { type Crumb, Page, type Title } from "../components/layout.tsx";
import { FaultNotice, Notice } from "../components/notice.tsx";
import {
  type ConsoleContext,
  type ConsoleDependencies,
  type PageFrame,
  tableRequest,
} from "../console-request.ts";
import { drawOnce, type FormFields, readForm } from "../form-data.ts";
import { entryFaults, expiryFault, type FormFaults, faultsOf, inWords, namedFaults } from "../form-faults.ts";
import { changesOf, emptyForm, formOf, type KeyFormValues, readKeyForm, requestBody } from "../key-form.ts";
import { quoted } from "../list-state.ts";
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
  const request = tableRequest(dependencies, context, { once: form.text("once") });
  const send = (values: KeyFormValues) =>
    createRow(request, userApiKeysTable, { user, ...requestBody(values) });
  const outcome = await sendForm(form, frame.nowSeconds, send, (name) => nameFault(request, user, name));
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
      title={{ before: "Edit ", name: apiKey.name }}
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
  const request = tableRequest(dependencies, context, { version });
  const { apiKey } = await readKey(request, key);
  const send = async (values: KeyFormValues) => {
    const changes = changesOf(values, apiKey);
    // Where nothing differs this may be a second try, whose first has changed the row and its version and was not answered.
    return Object.keys(changes).length === 0
      ? updateRow(tableRequest(dependencies, context), userApiKeysTable, key, { name: apiKey.name })
      : updateRow(request, userApiKeysTable, key, changes);
  };
  const isOther = (name: string) => name !== apiKey.name;
  const outcome = await sendForm(form, frame.nowSeconds, send, async (name) =>
    isOther(name) ? nameFault(request, apiKey.user, name) : undefined,
  );
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
  findNameFault: (name: string) => Promise<string | undefined>,
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
    if (faults[""]?.startsWith("If-Match") ?? false) {
      return { isDone: false, status: 412, typed: { values, faults: { "": stale }, action } };
    }
    // What is refused first hides what would be refused next, so all that can be known is said at once.
    const name = faults["name"] ?? (await findNameFault(values.name));
    const expires =
      faults["expires"] ?? (error instanceof InvalidInput ? expiryFault(values, nowSeconds) : undefined);
    const all = {
      ...(name === undefined ? {} : { name }),
      ...(expires === undefined ? {} : { expires }),
      ...faults,
      ...entryFaults(values),
    };
    return {
      isDone: false,
      status: 422,
      typed: { values, faults: inWords(all, values, nowSeconds), action },
    };
  }
}

const stale =
  "Somebody has changed this key since you opened it. Look at it again, or save to put yours in its place.";

/** Whether the user has a key of that name. */
async function nameFault(request: TableRequest, user: number, name: string): Promise<string | undefined> {
  const [other] = await listRows(request, userApiKeysTable, {
    fields: "$key",
    filter: `user eq ${user} and name eq ${quoted(name.slice(0, 128))}`,
    limit: 1,
  });
  return other === undefined
    ? undefined
    : `this user has a key named ${JSON.stringify(name)} already; choose another name`;
}

function KeyForm(props: {
  readonly frame: PageFrame;
  readonly title: Title;
  readonly submit: string;
  readonly cancel: string;
  readonly crumbs: readonly Crumb[];
  readonly typed: Omit<Typed, "version">;
  readonly children: unknown;
}) {
  const { frame, title, submit, cancel, crumbs, typed, children } = props;
  const { values, faults, action } = typed;
  const isFault = action === "save" && Object.keys(faults).length > 0;
  return (
    <Page frame={frame} title={title} section="users" crumbs={crumbs} isFault={isFault}>
      {isFault ? <FaultNotice faults={namedFaults(faults, values)} /> : null}
      {action === "look" ? (
        <Notice tone="warning">
          <p>Nothing has been saved yet: press “{submit}” for that.</p>
        </Notice>
      ) : null}
      {action === "restore" ? (
        <Notice tone="done">
          <p>Here is what you had filled in. Nothing has been saved yet.</p>
        </Notice>
      ) : null}
      <form method="post" action={frame.here} data-whole novalidate>
        {/* The first button of a form is the one that Enter presses, in whichever field: it saves nothing. The script
            presses what the field names, or the form's own. */}
        <input type="submit" name="do" value="look" data-default hidden />
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
          dir="auto"
          {...describedBy("name", { hint: true, error: faults["name"] })}
        />
      </Field>
      <Field id="description" label="Description" error={faults["description"]}>
        <textarea
          id="description"
          name="description"
          rows={3}
          maxlength={2048}
          dir="auto"
          {...describedBy("description", { error: faults["description"] })}
        >
          {values.description}
        </textarea>
      </Field>
      <ExpiryFields type={values.expiresType} at={values.expiresAt} error={faults["expires"]} />
    </section>
  );
}
