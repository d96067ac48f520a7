/** What the console's pages can do beyond forms and links. Everything important works without it. */

import { showCreated } from "./created.ts";
import { loadPart } from "./parts.ts";
import { copy, save } from "./secret.ts";
import { enhanceTimes } from "./times.ts";

const searchDelayMs = 250;

/** What is asked once the viewer has stopped typing. */
let waiting: ReturnType<typeof setTimeout> | undefined;

enhanceTimes(document);
showCreated();
document.querySelector<HTMLFormElement>("form[data-submit-now]")?.requestSubmit();
document.addEventListener("click", onClick);
document.addEventListener("submit", onSubmit);
document.addEventListener("input", onInput);
document.addEventListener("change", onChange);

function onClick(event: MouseEvent): void {
  const target = event.target instanceof Element ? event.target : null;
  const copied = target?.closest<HTMLElement>("[data-copy]");
  const saved = target?.closest<HTMLElement>("[data-save]");
  const link = target?.closest<HTMLAnchorElement>("a[data-part]");
  const isPlain = !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) && event.button === 0;
  if (copied) {
    void copy(copied);
  } else if (saved) {
    save(saved);
  } else if (link && isPlain) {
    event.preventDefault();
    void showList(link.href, link.dataset["part"] ?? "");
  }
}

async function showList(href: string, part: string): Promise<void> {
  if (await loadPart(href, {}, part)) {
    history.replaceState(null, "", href);
  } else {
    location.assign(href);
  }
}

/** A button that changes a part of a form sends it, and takes that part alone from the answer. */
function onSubmit(event: SubmitEvent): void {
  const form = event.target;
  const button = event.submitter;
  if (!(form instanceof HTMLFormElement)) {
    return;
  }
  const part = button?.dataset["part"];
  if (part !== undefined && button instanceof HTMLButtonElement) {
    event.preventDefault();
    void submitPart(form, button, part);
  } else if (form.dataset["live"] !== undefined) {
    event.preventDefault();
    void search(form);
  } else if (form.method === "post") {
    refuseSecondSubmit(event, form);
  }
}

async function submitPart(form: HTMLFormElement, button: HTMLButtonElement, part: string): Promise<void> {
  // What was to be asked about the words typed so far is in the answer to this.
  clearTimeout(waiting);
  if (!(await loadPart(form.action, { method: "POST", body: bodyOf(form, button.value) }, part))) {
    // What came back was another page, such as the one to sign in: the whole form goes there.
    button.removeAttribute("data-part");
    form.requestSubmit(button);
  }
}

function bodyOf(form: HTMLFormElement, action: string): URLSearchParams {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    body.append(name, String(value));
  }
  body.set("do", action);
  return body;
}

/** A double click must not send a form twice. Coming back to the page by history makes it new. */
function refuseSecondSubmit(event: SubmitEvent, form: HTMLFormElement): void {
  if (form.dataset["sent"] === "yes") {
    event.preventDefault();
    return;
  }
  form.dataset["sent"] = "yes";
  addEventListener("pageshow", () => delete form.dataset["sent"], { once: true });
}

function later(run: () => void): void {
  clearTimeout(waiting);
  waiting = setTimeout(run, searchDelayMs);
}

function onInput(event: Event): void {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || input.form === null) {
    return;
  }
  const { form } = input;
  if (input.dataset["check"] !== undefined) {
    later(() => void loadPart(form.action, { method: "POST", body: bodyOf(form, "check") }, "summary"));
  } else if (form.dataset["live"] !== undefined) {
    later(() => void search(form));
  }
}

function onChange(event: Event): void {
  const select = event.target;
  if (select instanceof HTMLSelectElement && select.form?.dataset["live"] !== undefined) {
    void search(select.form);
  }
}

async function search(form: HTMLFormElement): Promise<void> {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value !== "") {
      query.append(name, String(value));
    }
  }
  await showList(`${form.action}?${query}`, form.dataset["live"] ?? "");
}
