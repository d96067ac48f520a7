import type { KeyDetails } from "./api-key-row.ts";
import type { FormFields } from "./form-data.ts";

/** One row of a list in the form. */
interface FormEntry {
  readonly address: string;
  readonly enabled: boolean;
  /** Tells it from the others for as long as the form is shown, also when one before it is removed. */
  readonly place: number;
}

/** The two lists, by the word that their fields start with. */
export type ListName = "allow" | "deny";

/** What a form for a key holds, as it was typed. */
export interface KeyFormValues {
  readonly name: string;
  readonly description: string;
  readonly expiresType: "never" | "date";
  /** As `datetime-local` has it, in UTC, such as `2027-01-31T00:00`; empty for none. */
  readonly expiresAt: string;
  readonly allow: readonly FormEntry[];
  readonly deny: readonly FormEntry[];
  /** How many entries were sent, which may be more than are shown again. */
  readonly sent: Readonly<Record<ListName, number>>;
  /** An address to try. */
  readonly tried: string;
}

const day = 86_400;

/** So many days from now, at a whole minute: what was chosen by the day need not be written by the second. */
function daysAhead(days: number, nowSeconds: number): string {
  return pickerTime(Math.ceil(nowSeconds / 60) * 60 + days * day);
}

/** A form for a new key: 90 days, because a key that never ends is never looked at again. */
export function emptyForm(nowSeconds: number): KeyFormValues {
  const expiresAt = daysAhead(90, nowSeconds);
  const sent = { allow: 0, deny: 0 };
  return { name: "", description: "", expiresType: "date", expiresAt, allow: [], deny: [], sent, tried: "" };
}

/** A form that holds a key as it stands. */
export function formOf(apiKey: KeyDetails): KeyFormValues {
  return {
    name: apiKey.name,
    description: apiKey.description,
    expiresType: apiKey.expires === 0 ? "never" : "date",
    expiresAt: apiKey.expires === 0 ? "" : pickerTime(apiKey.expires),
    allow: apiKey.ip_allow_entries.map((entry, place) => ({ ...entry, place })),
    deny: apiKey.ip_deny_entries.map((entry, place) => ({ ...entry, place })),
    sent: { allow: apiKey.ip_allow_entries.length, deny: apiKey.ip_deny_entries.length },
    tried: "",
  };
}

/** Epoch seconds as the picker has them, in UTC; with seconds where there are any, so that none is lost on the way. */
export function pickerTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, seconds % 60 === 0 ? 16 : 19);
}

/** Reads a form as it was sent, and does in it what one of its buttons asks for. */
export function readKeyForm(form: FormFields, nowSeconds: number): KeyFormValues {
  const action = form.text("do");
  const preset = /^preset-(\d{1,3})$/.exec(action)?.[1];
  const [allow, deny] = [readEntries(form, "allow", action), readEntries(form, "deny", action)];
  return {
    name: form.text("name"),
    description: form.text("description"),
    expiresType: preset !== undefined || form.text("expires_type") === "date" ? "date" : "never",
    expiresAt: preset === undefined ? form.text("expires_at") : daysAhead(Number(preset), nowSeconds),
    allow: allow.slice(0, rowsMax),
    deny: deny.slice(0, rowsMax),
    sent: { allow: allow.length, deny: deny.length },
    tried: form.text("try"),
  };
}

/** As many rows as are shown again: more than a list may have, so that the rule about their number is the contract's. */
const rowsMax = 1000;

function readEntries(form: FormFields, list: ListName, action: string): readonly FormEntry[] {
  // A row without an address is one that somebody is about to fill in; nothing is saved of it.
  const isKept = (address: string) => action !== "save" || address.trim() !== "";
  const typed = form
    .numbered(list, "address")
    .map(({ place, value }) => ({ address: value, enabled: form.has(`${list}.${place}.enabled`), place }))
    .filter(({ address, place }) => isKept(address) && action !== `remove-${list}-${place}`);
  const next = Math.max(-1, ...typed.slice(0, rowsMax).map(({ place }) => place)) + 1;
  const added = splitPasted(form.text(`${list}.paste`)).map((address, index) => ({
    address,
    enabled: true,
    place: next + index,
  }));
  const all = [...typed, ...added];
  const isBlankThere = all.some(({ address }) => address.trim() === "");
  return action !== `add-${list}` || isBlankThere
    ? all
    : [...all, { address: "", enabled: true, place: next + added.length }];
}

/** Addresses as people keep them in files: by lines, blanks, commas or semicolons, with comments after a `#`. */
function splitPasted(text: string): readonly string[] {
  return text
    .replaceAll(/#.*/g, "")
    .split(/[\s,;]+/)
    .filter((address) => address !== "");
}

/** The form as the API would be sent it. A time that cannot be read is 0, which the API refuses beside "date". */
export function requestBody(values: KeyFormValues): Readonly<Record<string, unknown>> {
  const { name, description, expiresType, expiresAt } = values;
  return {
    name,
    description,
    expires_type: expiresType,
    ...(expiresType === "never" ? {} : { expires: pickedSeconds(expiresAt) ?? 0 }),
    ip_allow_entries: values.allow.map(entryOf),
    ip_deny_entries: values.deny.map(entryOf),
  };
}

function entryOf({ address, enabled }: Omit<FormEntry, "place">) {
  return { address, enabled };
}

/** What of the form differs from the key: whatever was left alone is not asked for, allowed or refused anew. */
export function changesOf(values: KeyFormValues, apiKey: KeyDetails): Readonly<Record<string, unknown>> {
  const body = requestBody(values);
  const before = requestBody({ ...formOf(apiKey) });
  const isSame = (name: string) => JSON.stringify(body[name]) === JSON.stringify(before[name]);
  const isEndSame = isSame("expires") && isSame("expires_type");
  return Object.fromEntries(
    Object.entries(body).filter(([name]) => (name.startsWith("expires") ? !isEndSame : !isSame(name))),
  );
}

/** Reads a picker's time, which is UTC by the time it gets here; undefined for what is none. */
export function pickedSeconds(text: string): number | undefined {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text);
  const ms = isTime ? Date.parse(`${text}Z`) : Number.NaN;
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}
