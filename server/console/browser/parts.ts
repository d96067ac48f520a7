import { announce } from "./announce.ts";
import { carryFields, valuesOf } from "./fields.ts";
import { keepFocus, noteFocus } from "./focus.ts";
import { keepSelection } from "./selection.ts";
import { enhanceTimes } from "./times.ts";

/**
 * What came of asking for parts: they are in place; the page that came back has none of them, such as the one to sign in;
 * the answer is elsewhere, and the browser is on its way there; or there was no answer to be used, which was said.
 */
export type Loaded = "done" | "elsewhere" | "left" | "failed";

/** How often each part was asked for: only the latest answer for it counts, whatever is asked of other parts meanwhile. */
const asked = new Map<string, number>();

interface Asked {
  readonly id: string;
  readonly place: HTMLElement;
  readonly ticket: number;
  /** What its fields held when it was asked for. */
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Asks the server for a page and puts parts of it in the place of the same parts here: what is shown is always what the
 * server rendered. What was typed meanwhile stays, and so does the focus. An answer that a later one has overtaken is
 * dropped.
 */
export async function loadParts(url: string, init: RequestInit, ids: readonly string[]): Promise<Loaded> {
  const focused = noteFocus();
  const parts = ids.flatMap(ask);
  try {
    const response = await fetch(url, init);
    if (init.method === "POST" && response.redirected && response.ok) {
      location.assign(response.url);
      return "left";
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const latest = parts.filter(isLatest);
    const found = latest.flatMap((part) => {
      const fresh = page.getElementById(part.id);
      return fresh === null ? [] : [{ ...part, fresh }];
    });
    if (response.status === 401 || (response.ok && found.length < latest.length)) {
      return "elsewhere";
    }
    const failure = page.querySelector("[data-failure]");
    if (failure !== null || found.length < latest.length) {
      announce(
        `${failure?.textContent ?? `The server did not do this (status ${response.status}).`} Nothing is lost.`,
      );
      return "failed";
    }
    for (const part of found) {
      put(part, part.fresh, focused);
    }
    document.title = page.title;
    return "done";
  } catch {
    if (parts.some(isLatest)) {
      announce("The server cannot be reached; nothing is lost. Try again.");
    }
    return "failed";
  } finally {
    for (const { place } of parts.filter(isLatest)) {
      place.removeAttribute("aria-busy");
    }
  }
}

function ask(id: string): readonly Asked[] {
  const place = document.getElementById(id);
  if (place === null) {
    return [];
  }
  const ticket = (asked.get(id) ?? 0) + 1;
  asked.set(id, ticket);
  place.setAttribute("aria-busy", "true");
  return [{ id, place, ticket, values: valuesOf(place) }];
}

function isLatest({ id, ticket }: Asked): boolean {
  return asked.get(id) === ticket;
}

function put({ place, values }: Asked, fresh: HTMLElement, focused: Element | null): void {
  carryFields(place, fresh, values);
  keepSelection(place, fresh);
  const restore = keepFocus(place, focused);
  place.replaceChildren(...fresh.childNodes);
  enhanceTimes(place);
  restore();
}
