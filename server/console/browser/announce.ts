const announcedMs = 8000;

let silence: ReturnType<typeof setTimeout> | undefined;

/** Says something to people and to assistive technology: in a dialog within it, since what is behind it is not read. */
export function announce(text: string): void {
  const inDialog = document.querySelector("dialog[open] #created-said");
  const place = inDialog ?? document.getElementById("announcement");
  clearTimeout(silence);
  if (place !== null) {
    place.textContent = text;
  }
  if (inDialog === null) {
    silence = setTimeout(() => place?.replaceChildren(), announcedMs);
  }
}

/** Says to assistive technology alone what others see at once. */
export function murmur(text: string): void {
  const place = document.getElementById("murmur");
  if (place !== null) {
    place.textContent = text;
  }
}
