import { announce } from "./announce.ts";

/** How long a browser may take to begin a download. */
const downloadMs = 8000;

/** Copies the text of the element that the button names, and says so. */
export async function copy(button: HTMLElement): Promise<void> {
  const source = document.getElementById(button.dataset["copy"] ?? "");
  try {
    await navigator.clipboard.writeText(source?.textContent ?? "");
    markTaken(button);
    announce(`${button.dataset["copied"] ?? "Copied"}.`);
  } catch {
    // Browsers have no clipboard for pages without TLS on another machine: selected, it is one key press away.
    getSelection()?.selectAllChildren(source ?? document.body);
    announce("Not copied: the browser does not allow it here. The text is selected; press Ctrl+C or Cmd+C.");
  }
}

/** Saves the secret and a line end as a file. Nothing of it is in an address or sent anywhere. */
export function save(button: HTMLElement): void {
  const secret = document.getElementById(button.dataset["save"] ?? "")?.textContent ?? "";
  const url = URL.createObjectURL(new Blob([`${secret}\n`], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = button.dataset["file"] ?? "api-key.PAK";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), downloadMs);
  markTaken(button);
  announce(`Saved as ${link.download}.`);
}

/** From now on the dialog may close, in every way that a browser has for it. */
function markTaken(button: HTMLElement): void {
  button.closest("dialog")?.removeAttribute("closedby");
}
