/** What the console's pages can do beyond forms and links. Everything important works without it. */

import { announce, murmur } from "./announce.ts";
import { showCreated } from "./created.ts";
import { loadParts } from "./parts.ts";
import { copy, save } from "./secret.ts";
import { select, showSelection } from "./selection.ts";
import { enhanceTimes } from "./times.ts";

const searchDelayMs = 250;

/** What is asked once the viewer has stopped typing. */
let waiting: ReturnType<typeof setTimeout> | undefined;

/** The address whose rows are shown. */
let shown = location.pathname + location.search;

enhanceTimes(document);
showCreated();
showSelection();
document.querySelector<HTMLFormElement>("form[data-submit-now]")?.requestSubmit();
document.addEventListener("click", onClick);
document.addEventListener("submit", onSubmit);
document.addEventListener("input", onInput);
document.addEventListener("change", onChange);
addEventListener("popstate", onPopState);

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
    void follow(link);
  }
}

async function follow(link: HTMLAnchorElement): Promise<void> {
  const isDone = await showList(link.href, partsOf(link), "pushState");
  if (isDone && link.rel !== "") {
    document.getElementById("rows")?.scrollIntoView();
  }
}

/** Shows another state of a list, as the address of the page says it from then on. Answers whether it is shown. */
async function showList(
  href: string,
  parts: readonly string[],
  way: "pushState" | "replaceState" | "keep",
): Promise<boolean> {
  clearTimeout(waiting);
  const loaded = await loadParts(href, {}, parts);
  if (loaded === "elsewhere") {
    location.assign(href);
  }
  if (loaded !== "done") {
    return false;
  }
  if (way !== "keep") {
    history[way](null, "", href);
  }
  shown = location.pathname + location.search;
  showSelection();
  murmur(document.querySelector("#rows [data-found]")?.textContent ?? "");
  return true;
}

/** The way back to another state of the list; to what another page was, the browser goes by itself. */
function onPopState(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-live]");
  if (location.pathname + location.search !== shown && form !== null) {
    void showList(location.href, ["filters", ...partsOf(form)], "keep");
  }
}

/** A button that changes a part of a form sends it, and takes that part alone from the answer. */
function onSubmit(event: SubmitEvent): void {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) {
    return;
  }
  const isEnter = event.submitter?.dataset["default"] !== undefined;
  const button = isEnter ? defaultButton(form) : event.submitter;
  if (button instanceof HTMLButtonElement && button.dataset["part"] !== undefined) {
    event.preventDefault();
    void submitPart(form, button);
  } else if (form.dataset["live"] !== undefined) {
    event.preventDefault();
    void search(form);
  } else if (form.dataset["whole"] !== undefined && button instanceof HTMLButtonElement) {
    event.preventDefault();
    void submitWhole(form, button);
  } else if (form.dataset["theme"] !== undefined && button instanceof HTMLButtonElement) {
    event.preventDefault();
    void chooseTheme(form, button);
  }
}

/** What Enter presses: the button that the field names, or the form's own. */
function defaultButton(form: HTMLFormElement): HTMLButtonElement | null {
  const field = document.activeElement;
  const named = field instanceof HTMLElement ? field.dataset["enter"] : undefined;
  const place = named === undefined ? ".primary" : `[value="${named}"]`;
  return form.querySelector<HTMLButtonElement>(`button${place}`);
}

async function submitPart(form: HTMLFormElement, button: HTMLButtonElement): Promise<void> {
  // What was to be asked about the words typed so far is in the answer to this.
  clearTimeout(waiting);
  if ((await loadParts(form.action, post(form, button), partsOf(button))) === "elsewhere") {
    sendPlainly(form, button);
  }
}

/** Sends the whole form, and shows what comes back in the place of this page: where nothing does, nothing is lost. */
async function submitWhole(form: HTMLFormElement, button: HTMLButtonElement): Promise<void> {
  // A double click must not send a form twice.
  if (button.ariaBusy === "true") {
    return;
  }
  clearTimeout(waiting);
  button.ariaBusy = "true";
  const loaded = await loadParts(form.action, post(form, button), ["content"]);
  button.ariaBusy = "false";
  if (loaded === "done") {
    showCreated();
  } else if (loaded === "elsewhere") {
    sendPlainly(form, button);
  }
}

/** What came back was another page, such as the one to sign in: the browser goes there, with everything in the form. */
function sendPlainly(form: HTMLFormElement, button: HTMLButtonElement): void {
  delete button.dataset["part"];
  delete form.dataset["whole"];
  form.requestSubmit(button);
}

async function chooseTheme(form: HTMLFormElement, button: HTMLButtonElement): Promise<void> {
  document.documentElement.dataset["theme"] = button.value;
  for (const other of form.querySelectorAll("button")) {
    other.ariaPressed = String(other === button);
  }
  await fetch(form.action, { ...post(form, button), redirect: "manual" }).catch(() =>
    announce("The server cannot be reached, so this holds for this page alone."),
  );
}

function partsOf({ dataset }: HTMLElement): readonly string[] {
  return (dataset["part"] ?? dataset["live"] ?? "").split(" ");
}

function post(
  form: HTMLFormElement,
  button: HTMLButtonElement | undefined,
  more: Record<string, string> = {},
) {
  const body = new URLSearchParams(more);
  for (const [name, value] of new FormData(form, button)) {
    body.append(name, String(value));
  }
  return { method: "POST", body };
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
  if (input.dataset["tick"] !== undefined || input.dataset["tickAll"] !== undefined) {
    select(input);
  } else if (input.dataset["check"] !== undefined) {
    later(() => void check(form));
  } else if (form.dataset["live"] !== undefined) {
    later(() => void search(form));
  }
}

async function check(form: HTMLFormElement): Promise<void> {
  await loadParts(form.action, post(form, undefined, { do: "check" }), ["summary"]);
  markFaults();
}

/** Ties a field to a fault that came, or went, with a part that the field is not in. */
function markFaults(): void {
  for (const field of document.querySelectorAll<HTMLElement>("[data-fault]")) {
    field.ariaInvalid = document.getElementById(field.dataset["fault"] ?? "") === null ? "false" : "true";
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
  await showList(`${form.action}?${query}`, partsOf(form), "replaceState");
  markFaults();
}
