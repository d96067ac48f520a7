import { enhanceTimes } from "./times.ts";

let latest = 0;

/**
 * Asks the server for a page and puts one part of it in the place of the same part here: what is shown is always what the
 * server rendered. Answers whether there was such a part; an answer that a later one has overtaken is dropped.
 */
export async function loadPart(url: string, init: RequestInit, id: string): Promise<boolean> {
  latest += 1;
  const mine = latest;
  const place = document.getElementById(id);
  place?.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(url, init);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (mine !== latest) {
      return true;
    }
    const part = page.getElementById(id);
    if (part === null || place === null) {
      return false;
    }
    place.replaceChildren(...part.childNodes);
    enhanceTimes(place);
    place.querySelector<HTMLElement>("[autofocus]")?.focus();
    return true;
  } catch {
    return false;
  } finally {
    place?.removeAttribute("aria-busy");
  }
}
