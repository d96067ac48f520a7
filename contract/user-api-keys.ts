import { z } from "zod";
import { parseAddressList, splitAddressList } from "./address-list.ts";
import { parseAddress, parseAddressRule } from "./address-rule.ts";
import { createdRow, epochSeconds, orNull, readOnly, rowKey, rowReference, text } from "./row.ts";
import { actionsEndpoint, rowAction, updateOrAction, writableTable } from "./table.ts";

/** The name of a key: unique among the keys of one user. */
export const apiKeyName = text({ max: 128, singleLine: true })
  .refine((name) => name.trim() !== "", "must not be empty")
  .describe("Name of the key, unique for its user.");

/** What the key is for, in the owner's words. */
export const apiKeyDescription = text({ max: 2048, singleLine: false }).describe("What the key is for.");

/** One comma-joined string of addresses and CIDRs, as the v4 wire carries it. */
const addressList = z
  .string()
  .max(16_384, "must be at most 16384 characters")
  .superRefine((list, context) => {
    for (const message of parseAddressList(splitAddressList(list)).faults) {
      context.addIssue({ code: "custom", message });
    }
  });

/** One entry of a list with its check box: an entry that is switched off is kept, and decides nothing. */
const addressEntry = z.strictObject({
  address: z
    .string()
    .max(64, "must be at most 64 characters")
    .superRefine((entry, context) => {
      const parsed = parseAddressRule(entry);
      if (!parsed.ok || entry.includes(",")) {
        const message = parsed.ok ? "holds a comma; write two entries" : parsed.fault;
        context.addIssue({ code: "custom", message: `${JSON.stringify(entry.trim())} ${message}` });
      }
    }),
  enabled: z.boolean(),
});

const addressEntries = z.array(addressEntry).max(256, "must have at most 256 entries");

/** 9999-12-31T23:59:59Z, the last second that RFC 3339 can write. */
const lastSecond = 253_402_300_799;

const settings = {
  name: apiKeyName,
  description: orNull(apiKeyDescription),
  expires_type: z
    .enum(["never", "date"], { error: 'must be "never" or "date"' })
    .describe("Write-only: says whether `expires` holds a date."),
  expires: epochSeconds
    .max(
      lastSecond,
      "must be at most 253402300799, the end of year 9999; epoch seconds are meant, not milliseconds",
    )
    .describe("When the key ends, in epoch seconds; 0 for never."),
  ip_allow_list: orNull(addressList).describe(
    "Addresses and CIDRs that the key may be used from, joined by commas.",
  ),
  ip_deny_list: orNull(addressList).describe(
    "Addresses and CIDRs that the key may not be used from, joined by commas.",
  ),
  ip_allow_entries: addressEntries.describe(
    "The allow list with its check boxes, in place of `ip_allow_list`.",
  ),
  ip_deny_entries: addressEntries.describe("The deny list with its check boxes, in place of `ip_deny_list`."),
  $key: readOnly,
  user_name: readOnly,
  created: readOnly,
  lastlogin_stamp: readOnly,
  lastlogin_ip: readOnly,
  secret_id: readOnly,
  credential: readOnly,
};

/** A secret that the caller brings: well-formed, checksum and all, and with an id that is in use nowhere. */
const ownSecret = z
  .string()
  .describe("Write-only: a secret made by the caller, in Keyward's format. It is then not answered.");

/** The body of a create. What is left out means: no description, never expires, any address. */
export const newApiKey = z
  .strictObject({ ...settings, secret: ownSecret })
  .partial()
  .extend({ user: rowReference, name: apiKeyName })
  .meta({ id: "NewApiKey" });

/** The body of an update; only what is present changes. `user` is accepted when it names the present owner. */
export const apiKeyChange = z
  .strictObject({ user: rowReference, ...settings })
  .partial()
  .meta({ id: "ApiKeyChange" });

/** The longest overlap of a rotation, in seconds: a year. */
export const overlapSecondsMax = 31_536_000;

/** The body of a rotation. */
export const rotation = z
  .strictObject({
    overlap: z
      .int()
      .nonnegative("must not be negative")
      .max(overlapSecondsMax, "must be at most 31536000 seconds, a year")
      .describe("How long the predecessor stays valid, in seconds; 0 ends it at once."),
    secret: ownSecret,
    expires_type: settings.expires_type,
    expires: settings.expires.describe("When the successor ends; when the key itself did, if left out."),
  })
  .partial()
  .meta({ id: "Rotation" });

/** The body of a question about a key's address lists. */
export const addressQuestion = z
  .strictObject({
    address: z.string().superRefine((address, context) => {
      const parsed = parseAddress(address);
      if (!parsed.ok) {
        context.addIssue({ code: "custom", message: `${JSON.stringify(address)} ${parsed.fault}` });
      }
    }),
  })
  .meta({ id: "AddressQuestion" });

/** Which rule decides about an address, and how. */
export const addressExplanation = z
  .object({
    address: z.string().describe("The address in canonical form."),
    allowed: z.boolean(),
    list: z
      .enum(["ip_allow_list", "ip_deny_list"])
      .nullable()
      .describe("The list that decides; null when both are empty."),
    entry: z.string().nullable().describe("The entry that decides; null when it is that none fits."),
    reason: z.string(),
  })
  .meta({ id: "AddressExplanation" });

/** A key as every GET answers it. The secret is in none of these fields and cannot be read again. */
export const apiKeyRow = z
  .object({
    $key: rowKey,
    user: rowKey.describe("Key of the user that the key belongs to."),
    user_name: z.string().nullable().describe("Name of that user; null if it may not be listed."),
    name: apiKeyName,
    description: apiKeyDescription,
    created: epochSeconds,
    expires: epochSeconds.describe("When the key ends, in epoch seconds; 0 for never."),
    lastlogin_stamp: epochSeconds.describe("When the key was last accepted; 0 if it never was."),
    lastlogin_ip: z.string().describe("The address it was last accepted from; empty if it never was."),
    ip_allow_list: z.string(),
    ip_deny_list: z.string(),
    ip_allow_entries: z.array(addressEntry),
    ip_deny_entries: z.array(addressEntry),
    secret_id: z.string().describe("The public part of the secret: the twelve digits after `kw_`."),
  })
  .meta({ id: "ApiKey" });

/** Things the caller should know that did not stop the change, such as a deny entry that can never decide. */
const warnings = z.array(z.string()).optional();

/**
 * The answer to a create: the one time the secret is shown. It stands in every place that a known client reads
 * (pyVergeOS `response.private_key`, the TypeScript and Go clients `response.token`, PSVergeOS `key`).
 */
export const issuedApiKey = createdRow
  .extend({
    key: z.string().optional().describe("The secret; not there when the caller brought it."),
    response: z
      .object({ private_key: z.string(), token: z.string() })
      .partial()
      .describe("The secret twice more; empty when the caller brought it."),
    warnings,
  })
  .meta({ id: "IssuedApiKey" });

/** The answer to a rotation: the successor, and what became of the predecessor. */
export const rotatedApiKey = issuedApiKey
  .extend({
    predecessor: z.object({ $key: rowKey, name: z.string(), expires: epochSeconds }),
  })
  .meta({ id: "RotatedApiKey" });

/** The body of a create, as a client writes it. */
export type NewApiKey = z.input<typeof newApiKey>;

/** The body of an update, as a client writes it. */
export type ApiKeyChange = z.input<typeof apiKeyChange>;

/** The body of a rotation, as a client writes it. */
export type Rotation = z.input<typeof rotation>;

const table = {
  table: "user_api_keys",
  noun: "API key",
  operation: "UserApiKey",
  row: apiKeyRow,
  newRow: newApiKey,
  change: apiKeyChange,
  created: issuedApiKey,
};

const endpoints = writableTable(table);

/** The endpoints of table `user_api_keys`; rotate and explain are Keyward's own. */
export const userApiKeys = {
  ...endpoints,
  update: updateOrAction(endpoints.update, apiKeyChange, [rotation, addressQuestion]),
  rotate: rowAction(table, {
    name: "rotate",
    summary: "Makes a successor with the same settings; the key itself ends after the overlap.",
    body: rotation,
    status: 201,
    answer: rotatedApiKey,
  }),
  explain: rowAction(table, {
    name: "explain",
    summary: "Says which entry of the key's lists decides about an address.",
    body: addressQuestion,
    status: 200,
    answer: addressExplanation,
  }),
  act: actionsEndpoint(table, "user_api_key", ["rotate", "explain"]),
};
