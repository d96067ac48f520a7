/** What has the focus; the page itself counts as nothing. */
export function noteFocus(): Element | null {
  return document.activeElement === document.body ? null : document.activeElement;
}

/**
 * Before a part is replaced: remembers where in it the focus is. What it answers puts the focus there again: where the
 * server asks for it, if it has not been moved since the request; else on the same thing, or on the part.
 */
export function keepFocus(place: HTMLElement, atRequest: Element | null): () => void {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement && place.contains(focused))) {
    return () => undefined;
  }
  const caret = focused instanceof HTMLInputElement ? focused.selectionStart : null;
  return () => {
    const asked = focused === atRequest ? place.querySelector<HTMLElement>("[autofocus]") : null;
    const twin = asked ?? twinOf(focused, place);
    twin?.focus();
    if (twin === null || document.activeElement !== twin) {
      place.tabIndex = -1;
      place.focus();
    } else if (twin !== asked && twin instanceof HTMLInputElement && caret !== null) {
      twin.setSelectionRange(caret, caret);
    }
  };
}

function twinOf(element: HTMLElement, place: ParentNode): HTMLElement | null {
  const is = (name: string) => `[${name}="${CSS.escape(element.getAttribute(name) ?? "")}"]`;
  const way = ["id", "name", "href"].find((name) => element.hasAttribute(name));
  if (way === undefined) {
    return null;
  }
  const isOneOfSeveral = way === "name" && element.hasAttribute("value");
  return place.querySelector<HTMLElement>(isOneOfSeveral ? is("name") + is("value") : is(way));
}
