import { parseAddressRule } from "../../contract/address-rule.ts";
import { ApiError, InvalidInput } from "../errors.ts";
import type { NamedFault } from "./components/notice.tsx";
import { type KeyFormValues, type ListName, pickedSeconds } from "./key-form.ts";

/** What is wrong, by the name of the field on the wire, such as `ip_allow_entries.0.address`; "" for the whole. */
export type FormFaults = Readonly<Record<string, string>>;

const lists: readonly ListName[] = ["allow", "deny"];

/** What is wrong with the entries that are there, before anything is sent to be saved. */
export function entryFaults(values: KeyFormValues): FormFaults {
  const faults = lists.flatMap((list) =>
    values[list].flatMap(({ address }, index) => {
      const parsed = parseAddressRule(address);
      return parsed.ok || address.trim() === ""
        ? []
        : [
            [
              `ip_${list}_entries.${index}.address`,
              `${JSON.stringify(address.trim())} ${parsed.fault}`,
            ] as const,
          ];
    }),
  );
  return { ...Object.fromEntries(faults), ...surplusFaults(values) };
}

/** That not every row is shown again, which nobody should have to find out by counting. */
function surplusFaults({ sent, ...values }: KeyFormValues): FormFaults {
  const cut = lists.filter((list) => sent[list] > values[list].length);
  return Object.fromEntries(
    cut.map((list) => [
      `ip_${list}_entries`,
      `Has ${sent[list]} entries, of which only the first ${values[list].length} are here; must have at most 256.`,
    ]),
  );
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
  const [, field, message] =
    /^(name|description|expires|overlap|enabled|user|ip_\w+): (.*)$/s.exec(error.message) ?? [];
  return field === undefined ? { "": error.message } : { [field]: message ?? "" };
}

/** A refusal as a person needs it said: programs are told of epoch seconds and row numbers. */
export function inWords(faults: FormFaults, typed: Typed, nowSeconds: number): FormFaults {
  return Object.fromEntries(
    Object.entries(faults).map(([field, message]) => [
      field,
      sentence((field === "expires" ? expiryFault(typed, nowSeconds) : undefined) ?? personal(message)),
    ]),
  );
}

type Typed = Pick<KeyFormValues, "expiresType" | "expiresAt">;

/** What is wrong with the end that was chosen, where people can see it. */
export function expiryFault({ expiresType, expiresAt }: Typed, nowSeconds: number): string | undefined {
  const expires = pickedSeconds(expiresAt);
  if (expiresType === "never" || (expires !== undefined && expires > nowSeconds)) {
    return undefined;
  }
  return expires === undefined
    ? "Choose a day and a time, or let the key never expire."
    : "This time has passed; choose a later one, or let the key never expire.";
}

function personal(message: string): string {
  return message.replaceAll(/\buser \d+\b/g, "this user");
}

/** A message as a sentence of its own. */
export function sentence(message: string): string {
  const text = `${message.charAt(0).toUpperCase()}${message.slice(1)}`;
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

const labels: Readonly<Record<string, { readonly id: string; readonly label: string }>> = {
  name: { id: "name", label: "Name" },
  description: { id: "description", label: "Description" },
  expires: { id: "expires_at", label: "Expires on" },
  overlap: { id: "overlap", label: "The old secret stays valid for" },
};

/** The faults with the way to each field; those of entries by the place that their row has in the form. */
export function namedFaults(faults: FormFaults, values?: KeyFormValues): readonly NamedFault[] {
  return Object.entries(faults).map(([field, message]) => {
    const [, list, index] = /^ip_(allow|deny)_entries(?:\.(\d+))?/.exec(field) ?? [];
    const known = Object.entries(labels).find(([name]) => name === field)?.[1];
    if (known !== undefined) {
      return { ...known, message };
    }
    if (list !== "allow" && list !== "deny") {
      return { id: undefined, label: "", message };
    }
    const title = list === "allow" ? "Allow list" : "Deny list";
    const place = index === undefined ? undefined : values?.[list][Number(index)]?.place;
    return place === undefined
      ? { id: `${list}-add`, label: title, message }
      : { id: `${list}-${place}`, label: `${title} entry ${Number(index) + 1}`, message };
  });
}
