import { announce } from "./announce.ts";

/**
 * Makes the dialog with a new secret modal, and sees to it that the secret goes with it: the page's address becomes the
 * key's own, so that a reload asks for that and sends no form again, and nothing is left for the way back.
 */
export function showCreated(): void {
  const dialog = document.querySelector<HTMLDialogElement>("dialog[data-created]");
  if (dialog === null) {
    return;
  }
  history.replaceState(null, "", dialog.dataset["created"]);
  // Closing it here would tell of it later, when listeners are there that take it for the user's doing.
  dialog.removeAttribute("open");
  dialog.showModal();
  document.getElementById("created-title")?.focus();
  const remove = () => dialog.remove();
  // Taken out at once, not when the browser gets round to saying that it is closed.
  const finish = (event: Event) => {
    event.preventDefault();
    remove();
    document.getElementById("content")?.focus();
  };
  const isTaken = () => dialog.getAttribute("closedby") !== "none";
  const stay = (event: Event) => {
    event.preventDefault();
    announce("The secret is neither copied nor saved yet. Press Done to close all the same.");
  };
  dialog.querySelector("[data-close]")?.addEventListener("click", finish);
  // Browsers close on a second request whatever one says to `cancel`, so the key itself is taken, too.
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      (isTaken() ? finish : stay)(event);
    }
  });
  dialog.addEventListener("cancel", (event) => (isTaken() ? finish : stay)(event));
  dialog.addEventListener("close", remove);
  addEventListener("pagehide", remove, { once: true });
}
