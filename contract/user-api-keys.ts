import { z } from "zod";
import { parseAddressList, splitAddressList } from "./address-list.ts";
import { emptyAnswer, jsonAnswer, jsonBody, rowParams } from "./endpoint.ts";
import { createdRow, epochSeconds, listQuery, rowKey, rowQuery, rowReference, text } from "./row.ts";

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

/** 9999-12-31T23:59:59Z, the last second that RFC 3339 can write. */
const lastSecond = 253_402_300_799;

const settings = {
  name: apiKeyName,
  description: apiKeyDescription.nullable().transform((text) => text ?? ""),
  expires_type: z
    .enum(["never", "date"], { error: 'must be "never" or "date"' })
    .describe("Write-only: says whether `expires` holds a date."),
  expires: epochSeconds
    .max(
      lastSecond,
      "must be at most 253402300799, the end of year 9999; epoch seconds are meant, not milliseconds",
    )
    .describe("When the key ends, in epoch seconds; 0 for never."),
  ip_allow_list: addressList.describe("Addresses and CIDRs that the key may be used from, joined by commas."),
  ip_deny_list: addressList.describe(
    "Addresses and CIDRs that the key may not be used from, joined by commas.",
  ),
};

/** The body of a create. What is left out means: no description, never expires, any address. */
export const newApiKey = z
  .strictObject({ user: rowReference, ...settings })
  .partial({ description: true, expires_type: true, expires: true, ip_allow_list: true, ip_deny_list: true })
  .meta({ id: "NewApiKey" });

/** The body of an update; only what is present changes. `user` is accepted when it names the present owner. */
export const apiKeyChange = z
  .strictObject({ user: rowReference, ...settings })
  .partial()
  .meta({ id: "ApiKeyChange" });

/** A key as every GET answers it. The secret is in none of these fields and cannot be read again. */
export const apiKeyRow = z
  .object({
    $key: rowKey,
    user: rowKey.describe("Key of the user that the key belongs to."),
    user_name: z.string().describe("Name of that user."),
    name: apiKeyName,
    description: apiKeyDescription,
    created: epochSeconds,
    expires: epochSeconds.describe("When the key ends, in epoch seconds; 0 for never."),
    lastlogin_stamp: epochSeconds.describe("When the key was last accepted; 0 if it never was."),
    lastlogin_ip: z.string().describe("The address it was last accepted from; empty if it never was."),
    ip_allow_list: z.string(),
    ip_deny_list: z.string(),
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
    key: z.string().describe("The secret."),
    response: z.object({ private_key: z.string(), token: z.string() }),
    warnings,
  })
  .meta({ id: "IssuedApiKey" });

/** The answer to an update: the whole row as it stands now. */
export const changedApiKey = apiKeyRow.extend({ warnings }).meta({ id: "ChangedApiKey" });

/** The body of a create, as a client writes it. */
export type NewApiKey = z.input<typeof newApiKey>;

/** The body of an update, as a client writes it. */
export type ApiKeyChange = z.input<typeof apiKeyChange>;

/** A key as every GET answers it. */
export type ApiKeyRow = z.output<typeof apiKeyRow>;

const path = "/api/v4/user_api_keys";
const rowPath = "/api/v4/user_api_keys/{key}";

/** The endpoints of table `user_api_keys`, as OpenAPI describes them. */
export const userApiKeys = {
  list: {
    operationId: "listUserApiKeys",
    method: "get",
    path,
    request: { query: listQuery },
    responses: { 200: jsonAnswer("The keys the caller may see.", z.array(apiKeyRow)) },
  },
  create: {
    operationId: "createUserApiKey",
    method: "post",
    path,
    request: { body: jsonBody(newApiKey) },
    responses: { 201: jsonAnswer("The new key with its secret, shown this once.", issuedApiKey) },
  },
  get: {
    operationId: "getUserApiKey",
    method: "get",
    path: rowPath,
    request: { params: rowParams, query: rowQuery },
    responses: { 200: jsonAnswer("The key.", apiKeyRow) },
  },
  update: {
    operationId: "updateUserApiKey",
    method: "put",
    path: rowPath,
    request: { params: rowParams, body: jsonBody(apiKeyChange) },
    responses: { 200: jsonAnswer("The key as it stands now.", changedApiKey) },
  },
  delete: {
    operationId: "deleteUserApiKey",
    method: "delete",
    path: rowPath,
    request: { params: rowParams },
    responses: { 200: emptyAnswer("The key is revoked.") },
  },
} as const;
