import { enhanceTimes } from "./times.ts";

/** How often each part was asked for: only the latest answer for it counts, whatever is asked of other parts meanwhile. */
const asked = new Map<string, number>();

/**
 * Asks the server for a page and puts one part of it in the place of the same part here: what is shown is always what the
 * server rendered. Answers whether there was such a part; an answer that a later one has overtaken is dropped.
 */
export async function loadPart(url: string, init: RequestInit, id: string): Promise<boolean> {
  const mine = (asked.get(id) ?? 0) + 1;
  asked.set(id, mine);
  const place = document.getElementById(id);
  place?.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(url, init);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (mine !== asked.get(id)) {
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
