/** The pictures of the console, drawn here so that none is fetched: 16 by 16, in the colour of the text. */
const paths = {
  key: "M10.5 1.5a4 4 0 0 0-3.8 5.3L1.5 12v2.5H4V13h1.5v-1.5H7l1.7-1.7a4 4 0 1 0 1.8-8.3Zm1 2.5a1 1 0 1 1 0 .01",
  user: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm-5.5 6c0-3 2.4-4.5 5.5-4.5s5.5 1.5 5.5 4.5",
  log: "M3 2.5h10v11H3zM5.5 5.5h5M5.5 8h5M5.5 10.5h3",
  plus: "M8 3v10M3 8h10",
  close: "m4 4 8 8M12 4l-8 8",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  save: "M8 2v8m-3-3 3 3 3-3M3 13.5h10",
  rotate: "M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3",
  trash: "M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.5 9h6l.5-9",
  edit: "m10.5 3 2.5 2.5-7.5 7.5H3v-2.5L10.5 3Z",
  warning: "M8 2 1.5 13.5h13L8 2Zm0 4.5v3m0 2v.01",
  check: "m3 8.5 3.5 3.5L13 4.5",
  code: "m5.5 4-4 4 4 4m5-8 4 4-4 4",
  up: "m4 10 4-4 4 4",
  down: "m4 6 4 4 4-4",
} as const;

/** Which pictures there are. */
export type IconName = keyof typeof paths;

/** A picture beside words that say the same, so that assistive technology may pass it over. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
