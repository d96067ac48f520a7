const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

/** Writes exact times in the viewer's zone, and lets pickers be read and set in it. */
export function enhanceTimes(root: Document | Element): void {
  for (const time of root.querySelectorAll("time[data-zoned]")) {
    const text = exact.format(new Date(time.getAttribute("datetime") ?? ""));
    const shown = time.querySelector("[data-exact]");
    if (shown !== null) {
      shown.textContent = text;
    }
    if (time.hasAttribute("title")) {
      time.setAttribute("title", text);
    }
  }
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const label of root.querySelectorAll("[data-zone]")) {
    label.textContent = zone;
  }
  for (const picker of root.querySelectorAll<HTMLInputElement>("input[data-utc]")) {
    zonePicker(picker);
  }
}

/** The picker shows the viewer's time; a field without a face carries the same in UTC, which the server reads. */
function zonePicker(picker: HTMLInputElement): void {
  const carrier = document.createElement("input");
  carrier.type = "hidden";
  carrier.name = picker.name;
  carrier.value = picker.value;
  picker.removeAttribute("name");
  picker.removeAttribute("data-utc");
  if (picker.value !== "") {
    picker.value = localText(new Date(`${picker.value}Z`));
  }
  picker.addEventListener("input", () => {
    const time = new Date(picker.value);
    carrier.value = Number.isNaN(time.getTime()) ? "" : utcText(time);
  });
  picker.after(carrier);
}

function localText(time: Date): string {
  return utcText(new Date(time.getTime() - time.getTimezoneOffset() * 60_000));
}

function utcText(time: Date): string {
  return time.toISOString().slice(0, time.getUTCSeconds() === 0 ? 16 : 19);
}
