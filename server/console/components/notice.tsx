import type { Child } from "hono/jsx";
import { Icon, type IconName } from "./icon.tsx";

type Tone = "done" | "warning" | "error";

const icons: Readonly<Record<Tone, IconName>> = { done: "check", warning: "warning", error: "warning" };

/** Something that people should read: an alert interrupts assistive technology, a status waits for its turn. */
export function Notice({ tone, children }: { readonly tone: Tone; readonly children?: Child }) {
  return (
    <div class={`notice ${tone}`} role={tone === "error" ? "alert" : "status"}>
      <Icon name={icons[tone]} />
      <div>{children}</div>
    </div>
  );
}

/** Where a fault is, and in which words. */
export interface NamedFault {
  /** The id of the field; undefined for the whole form. */
  readonly id: string | undefined;
  /** What the field is called. */
  readonly label: string;
  readonly message: string;
}

/** What is wrong with a form that was sent, with the way to each field. Takes the focus, so that it is read first. */
export function FaultNotice({ faults }: { readonly faults: readonly NamedFault[] }) {
  const [first] = faults;
  return (
    <div id="faults" class="notice error" role="alert" tabindex={-1} autofocus>
      <Icon name="warning" />
      {first !== undefined && faults.length === 1 && first.id === undefined ? (
        <p>{first.message}</p>
      ) : (
        <div>
          <p>
            {faults.length === 1
              ? "One field needs another look."
              : `${faults.length} fields need another look.`}
          </p>
          <ul>
            {faults.map(({ id, label, message }) => (
              <li>
                {id === undefined ? null : (
                  <>
                    <a href={`#${id}`}>{label}</a>:{" "}
                  </>
                )}
                <bdi>{message}</bdi>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

const count = (text: string | undefined) => Number(/^\d{1,4}$/.exec(text ?? "")?.[0] ?? 0);

/**
 * What a page says after something was done elsewhere. A closed list: an address can put numbers into our mouth, and no
 * words.
 */
const outcomes: Readonly<Record<string, (query: Readonly<Record<string, string>>) => string>> = {
  saved: () => "Saved.",
  deleted: ({ count: deleted, gone, kept }) => deletedText(count(deleted), count(gone), count(kept)),
  enabled: () => "The user is enabled.",
  disabled: () => "The user is disabled: its keys and its password are refused from now on.",
  "made-already": () =>
    "This form has made its key already. Its secret was shown then and cannot be shown again.",
};

function deletedText(deleted: number, gone: number, kept: number): string {
  if (deleted === 1 && gone + kept === 0) {
    return "Deleted. The key is refused from now on.";
  }
  const parts = [
    `Deleted ${deleted}`,
    ...(gone === 0 ? [] : [`${gone} ${gone === 1 ? "was" : "were"} gone already`]),
    ...(kept === 0 ? [] : [`${kept} ${kept === 1 ? "is" : "are"} not yours to delete`]),
  ];
  return `${parts.join("; ")}.${kept === 0 ? " The keys are refused from now on." : ""}`;
}

/** The outcome that the address names, if it names one. */
export function Outcome({ query }: { readonly query: Readonly<Record<string, string>> }) {
  const text = Object.entries(outcomes).find(([known]) => known === query["done"])?.[1](query);
  return text === undefined ? null : (
    <Notice tone={query["done"] === "made-already" || query["kept"] !== undefined ? "warning" : "done"}>
      <p>{text}</p>
    </Notice>
  );
}
