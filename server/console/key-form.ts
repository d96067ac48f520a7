import { parseAddressRule } from "../../contract/address-rule.ts";
import { ApiError, InvalidInput } from "../errors.ts";
import type { KeyDetails } from "./api-key-row.ts";
import type { FormFields } from "./form-data.ts";

/** One row of a list in the form. */
interface FormEntry {
  readonly address: string;
  readonly enabled: boolean;
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
  /** An address to try. */
  readonly tried: string;
}

/** What is wrong, by the name of the field on the wire, such as `ip_allow_entries.0.address`; "" for the whole. */
export type FormFaults = Readonly<Record<string, string>>;

const day = 86_400;

/** So many days from now, at a whole minute: what was chosen by the day need not be written by the second. */
function daysAhead(days: number, nowSeconds: number): string {
  return pickerTime(Math.ceil(nowSeconds / 60) * 60 + days * day);
}

/** A form for a new key: 90 days, because a key that never ends is never looked at again. */
export function emptyForm(nowSeconds: number): KeyFormValues {
  const expiresAt = daysAhead(90, nowSeconds);
  return { name: "", description: "", expiresType: "date", expiresAt, allow: [], deny: [], tried: "" };
}

/** A form that holds a key as it stands. */
export function formOf(apiKey: KeyDetails): KeyFormValues {
  return {
    name: apiKey.name,
    description: apiKey.description,
    expiresType: apiKey.expires === 0 ? "never" : "date",
    expiresAt: apiKey.expires === 0 ? "" : pickerTime(apiKey.expires),
    allow: apiKey.ip_allow_entries,
    deny: apiKey.ip_deny_entries,
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
  return {
    name: form.text("name"),
    description: form.text("description"),
    expiresType: preset !== undefined || form.text("expires_type") === "date" ? "date" : "never",
    expiresAt: preset === undefined ? form.text("expires_at") : daysAhead(Number(preset), nowSeconds),
    allow: readEntries(form, "allow", action),
    deny: readEntries(form, "deny", action),
    tried: form.text("try"),
  };
}

/** More rows than a list may have, so that the rule about their number is the contract's to say, not ours. */
const rowsMax = 1000;

function readEntries(form: FormFields, list: ListName, action: string): readonly FormEntry[] {
  const removed = new RegExp(`^remove-${list}-(\\d{1,4})$`).exec(action)?.[1];
  const typed: FormEntry[] = [];
  for (let place = 0; place < rowsMax && form.has(`${list}.${place}.address`); place += 1) {
    const address = form.text(`${list}.${place}.address`);
    if (String(place) !== removed && address.trim() !== "") {
      typed.push({ address, enabled: form.has(`${list}.${place}.enabled`) });
    }
  }
  const pasted = form
    .text(`${list}.paste`)
    .split(/[\s,;]+/)
    .filter((address) => address !== "")
    .map((address) => ({ address, enabled: true }));
  const added = action === `add-${list}` ? [{ address: "", enabled: true }] : [];
  return [...typed, ...pasted, ...added];
}

/** The form as the API would be sent it. */
export function requestBody(values: KeyFormValues): Readonly<Record<string, unknown>> {
  const { name, description, expiresType, expiresAt, allow, deny } = values;
  return {
    name,
    description,
    expires_type: expiresType,
    ...(expiresType === "never" ? {} : { expires: pickedSeconds(expiresAt) }),
    ip_allow_entries: allow,
    ip_deny_entries: deny,
  };
}

/** Reads a picker's time, which is UTC by the time it gets here. */
export function pickedSeconds(text: string): number {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text);
  const ms = isTime ? Date.parse(`${text}Z`) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new ApiError("invalid", "expires: choose a day and a time, or let the key never expire");
  }
  return Math.floor(ms / 1000);
}

/** What is wrong with the entries that are there, before anything is sent to be saved. */
export function entryFaults(values: KeyFormValues): FormFaults {
  const faults = (["allow", "deny"] as const).flatMap((list) =>
    values[list].flatMap(({ address }, place) => {
      const parsed = parseAddressRule(address);
      return parsed.ok || address === ""
        ? []
        : [
            [
              `ip_${list}_entries.${place}.address`,
              `${JSON.stringify(address.trim())} ${parsed.fault}`,
            ] as const,
          ];
    }),
  );
  return Object.fromEntries(faults);
}

/** Puts a refusal to the fields that it names; undefined for a failure that is not about what was typed. */
export function faultsOf(error: unknown): FormFaults | undefined {
  if (error instanceof InvalidInput) {
    return Object.fromEntries(error.faults.map(({ field, message }) => [field, message]));
  }
  const isAboutInput =
    error instanceof ApiError &&
    ["invalid", "conflict", "forbidden", "precondition_failed"].includes(error.code);
  if (!isAboutInput) {
    return undefined;
  }
  const [, field, message] = /^(name|description|expires|ip_\w+): (.*)$/s.exec(error.message) ?? [];
  return field === undefined ? { "": error.message } : { [field]: message ?? "" };
}
