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

/** What a page says after something was done elsewhere. A closed list: an address cannot put words into our mouth. */
const outcomes: Readonly<Record<string, string>> = {
  saved: "Saved.",
  deleted: "Deleted. The key is refused from now on.",
  "deleted-several": "Deleted. The keys are refused from now on.",
  enabled: "The user is enabled.",
  disabled: "The user is disabled: its keys and its password are refused from now on.",
  "made-already": "This form has made its key already. Its secret was shown then and cannot be shown again.",
  "signed-out": "You are signed out.",
};

/** The outcome that the address names, if it names one. */
export function Outcome({ name }: { readonly name: string | undefined }) {
  const text = Object.entries(outcomes).find(([known]) => known === name)?.[1];
  return text === undefined ? null : (
    <Notice tone={name === "made-already" ? "warning" : "done"}>
      <p>{text}</p>
    </Notice>
  );
}
