const boxes = "input[type=checkbox][data-tick]";

/** Takes ticks along to other rows: on the boxes that are there again, and as fields without a face for those that are not. */
export function keepSelection(part: ParentNode, fresh: ParentNode): void {
  const form = fresh.querySelector("form[data-selection]");
  for (const ticked of part.querySelectorAll<HTMLInputElement>(`${boxes}:checked, input[data-kept]`)) {
    const again = [...fresh.querySelectorAll<HTMLInputElement>(boxes)].find(
      ({ value }) => value === ticked.value,
    );
    if (again !== undefined) {
      again.setAttribute("checked", "");
    } else if (form !== null) {
      const kept = document.createElement("input");
      kept.type = "hidden";
      kept.name = ticked.name;
      kept.value = ticked.value;
      kept.dataset["kept"] = "";
      form.append(kept);
    }
  }
}

/** A tick, or the one of all boxes: shows how many there are, and lets the button be pressed while there is one. */
export function select(box: HTMLInputElement): void {
  for (const other of box.dataset["tickAll"] === undefined ? [] : (box.form?.querySelectorAll(boxes) ?? [])) {
    if (other instanceof HTMLInputElement) {
      other.checked = box.checked;
    }
  }
  showSelection();
}

/** Says how many are ticked. */
export function showSelection(): void {
  const form = document.querySelector("form[data-selection]");
  const all = form?.querySelector<HTMLInputElement>("[data-tick-all]");
  if (form === null || !all) {
    return;
  }
  const [ticked, shown, elsewhere] = [`${boxes}:checked`, boxes, "input[data-kept]"].map(
    (what) => form.querySelectorAll(what).length,
  );
  const count = (ticked ?? 0) + (elsewhere ?? 0);
  all.checked = ticked === shown;
  all.indeterminate = !all.checked && count > 0;
  form.querySelector("button[data-for-selection]")?.toggleAttribute("disabled", count === 0);
  const place = form.querySelector("[data-count]");
  if (place !== null) {
    place.textContent =
      count === 0 ? "" : `${count} selected${elsewhere ? `, ${elsewhere} of them not shown` : ""}`;
  }
}
