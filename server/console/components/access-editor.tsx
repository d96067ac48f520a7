import { formatAddress, parseAddress } from "../../../contract/address-rule.ts";
import { describeLists, explainAddress, overlapsOf } from "../../access/address-lists.ts";
import type { FormFaults } from "../form-faults.ts";
import type { KeyFormValues, ListName } from "../key-form.ts";
import { describedBy } from "./field.tsx";
import { Icon } from "./icon.tsx";
import { Notice } from "./notice.tsx";
import { type Verdict, VerdictLine } from "./verdict.tsx";

const titles: Readonly<Record<ListName, { readonly title: string; readonly hint: string }>> = {
  allow: { title: "Allow list", hint: "With entries here, the key works from these addresses alone." },
  deny: {
    title: "Deny list",
    hint: "The key does not work from these; looked at while the allow list is empty.",
  },
};

/** The two lists of a key to edit, who may use it in words, and an address to try. */
export function AccessEditor(props: {
  readonly values: KeyFormValues;
  readonly faults: FormFaults;
  /** The button that was pressed, to put the focus where it asks for. */
  readonly action: string;
}) {
  const { values, faults, action } = props;
  return (
    <section class="card stack" aria-labelledby="access" id="access-panel">
      <h2 id="access">Access</h2>
      <ListEditor list="allow" values={values} faults={faults} action={action} />
      <ListEditor list="deny" values={values} faults={faults} action={action} />
      <div class="try">
        <div class="field">
          <label for="try">Would this address pass?</label>
          <input
            id="try"
            name="try"
            value={values.tried}
            placeholder="192.0.2.7"
            autocomplete="off"
            dir="auto"
            data-check
            data-enter="try"
            data-fault="try-fault"
            aria-describedby="summary"
            aria-invalid={values.tried.trim() !== "" && !parseAddress(values.tried.trim()).ok}
          />
        </div>
        <button type="submit" name="do" value="try" data-part="access-panel" formnovalidate>
          Try
        </button>
      </div>
      {/* Last, so that nothing that one is typing into moves when it changes. */}
      <div id="summary" aria-live="polite">
        <Summary values={values} hasFaults={Object.keys(faults).some((field) => field.startsWith("ip_"))} />
      </div>
    </section>
  );
}

/** Which addresses the lists let through, what about them can hardly be meant, and what became of the address to try. */
function Summary({ values, hasFaults }: { readonly values: KeyFormValues; readonly hasFaults: boolean }) {
  const isTyped = ({ address }: { readonly address: string }) => address.trim() !== "";
  const lists = { allow: values.allow.filter(isTyped), deny: values.deny.filter(isTyped) };
  if (hasFaults) {
    return <p>Who may use the key can be said once every entry is an address or a CIDR.</p>;
  }
  return (
    <>
      <p>
        <strong>{describeLists(lists)}</strong>
      </p>
      {overlapsOf(lists)
        .slice(0, 5)
        .map(({ allow, deny }) => (
          <Notice tone="warning">
            <p>
              {allow === deny
                ? `${allow} is in both lists`
                : `${allow} (allowed) and ${deny} (denied) overlap`}
              : the allow list wins.
            </p>
          </Notice>
        ))}
      {values.tried.trim() === "" ? null : <Tried tried={values.tried} lists={lists} />}
    </>
  );
}

function Tried(props: { readonly tried: string; readonly lists: Parameters<typeof explainAddress>[0] }) {
  const address = parseAddress(props.tried.trim());
  if (!address.ok) {
    return (
      <p class="fault" id="try-fault">
        <bdi>{JSON.stringify(props.tried.trim())}</bdi> {address.fault}
      </p>
    );
  }
  const verdict: Verdict = {
    explanation: { address: formatAddress(address.value), ...explainAddress(props.lists, address.value) },
  };
  return <VerdictLine verdict={verdict} />;
}

interface ListEditorProps {
  readonly list: ListName;
  readonly values: KeyFormValues;
  readonly faults: FormFaults;
  readonly action: string;
}

function ListEditor({ list, values, faults, action }: ListEditorProps) {
  const { title, hint } = titles[list];
  const isFocused = [`add-${list}`, `paste-${list}`].includes(action) || action.startsWith(`remove-${list}-`);
  const whole = faults[`ip_${list}_entries`];
  return (
    <fieldset class="list">
      <legend>{title}</legend>
      <p class="hint">{hint}</p>
      {whole === undefined ? null : (
        <p class="fault" id={`${list}-fault`}>
          {whole}
        </p>
      )}
      {values[list].length === 0 ? null : (
        <ul class="entries">
          {values[list].map((entry, place) => (
            <EntryRow
              list={list}
              place={place}
              entry={entry}
              fault={faults[`ip_${list}_entries.${place}.address`]}
              isFocused={action === `add-${list}` && entry.address.trim() === ""}
            />
          ))}
        </ul>
      )}
      <button
        id={`${list}-add`}
        type="submit"
        name="do"
        value={`add-${list}`}
        data-part="access-panel"
        formnovalidate
        autofocus={isFocused && action !== `add-${list}`}
      >
        <Icon name="plus" /> Add to {title.toLowerCase()}
      </button>
      <details>
        <summary>Paste several</summary>
        <div class="field">
          <label for={`${list}-paste`}>Addresses and CIDRs for the {title.toLowerCase()}</label>
          <textarea
            id={`${list}-paste`}
            name={`${list}.paste`}
            rows={3}
            spellcheck={false}
            dir="auto"
            aria-describedby={`${list}-paste-hint`}
          />
          <p class="hint" id={`${list}-paste-hint`}>
            Separated by lines, blanks or commas. What follows a # is a comment and left out.
          </p>
        </div>
        <button type="submit" name="do" value={`paste-${list}`} data-part="access-panel" formnovalidate>
          Add these
        </button>
      </details>
    </fieldset>
  );
}

function EntryRow(props: {
  readonly list: ListName;
  readonly place: number;
  readonly entry: KeyFormValues["allow"][number];
  readonly fault: string | undefined;
  readonly isFocused: boolean;
}) {
  const { list, place, entry, fault, isFocused } = props;
  const id = `${list}-${entry.place}`;
  const what = `${titles[list].title} entry ${place + 1}`;
  return (
    <li>
      <div class="entry">
        <label class="switch">
          <input
            type="checkbox"
            name={`${list}.${entry.place}.enabled`}
            checked={entry.enabled}
            aria-label={`${what} is on`}
            data-check
          />
        </label>
        <input
          id={id}
          name={`${list}.${entry.place}.address`}
          value={entry.address}
          aria-label={what}
          placeholder="192.0.2.7 or 192.0.2.0/24"
          autocomplete="off"
          autofocus={isFocused}
          dir="auto"
          data-check
          data-enter={`add-${list}`}
          {...describedBy(id, { error: fault })}
        />
        <button
          type="submit"
          name="do"
          value={`remove-${list}-${entry.place}`}
          class="plain"
          data-part="access-panel"
          formnovalidate
        >
          <Icon name="close" />
          <span class="visually-hidden">
            Remove {what} {entry.address}
          </span>
        </button>
      </div>
      {fault === undefined ? null : (
        <p class="fault" id={`${id}-fault`}>
          {fault}
        </p>
      )}
    </li>
  );
}
