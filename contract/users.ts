import { z } from "zod";
import { emptyAnswer, jsonAnswer, jsonBody, rowParams } from "./endpoint.ts";
import { createdRow, epochSeconds, listQuery, rowKey, rowQuery, text } from "./row.ts";

/** The login name of a user, lower-cased as VergeOS does, so that two spellings are one user. */
export const userName = text({ max: 128, singleLine: true })
  .refine((name) => name.trim() !== "", "must not be empty")
  .refine((name) => name === name.trim(), "must not start or end with white space")
  .refine((name) => !/[/:]/.test(name), "must not contain a slash or a colon")
  .transform((name) => name.toLowerCase())
  .describe("Login name, unique, in lower case.");

/** What kind of user it is; `api` is for programs, `vdi` for virtual desktops (VergeOS). */
export const userType = z.enum(["normal", "api", "vdi"], { error: 'must be "normal", "api" or "vdi"' });

const mustBeEmail = "must be an e-mail address such as someone@example.org";

const email = z
  .union([z.literal(""), z.email(mustBeEmail)], { error: mustBeEmail })
  .transform((address) => address.toLowerCase());

const settings = {
  displayname: text({ max: 128, singleLine: true }).describe("Name shown to people."),
  email: email.describe("E-mail address, in lower case; empty for none."),
  enabled: z.boolean().describe("Whether the user, and with it every key of the user, may authenticate."),
  physical_access: z.boolean().describe("Whether the user administers the whole system."),
  password: z
    .string()
    .min(8, "must be at least 8 characters")
    .max(256, "must be at most 256 characters")
    .describe("Write-only; a user without one authenticates with keys alone."),
};

/** The body of a create. What is left out means: a normal user, enabled, without a password. */
export const newUser = z
  .strictObject({ name: userName, type: userType, ...settings })
  .partial({
    type: true,
    displayname: true,
    email: true,
    enabled: true,
    physical_access: true,
    password: true,
  })
  .meta({ id: "NewUser" });

/** The body of an update; only what is present changes. The type of a user is fixed when it is created. */
export const userChange = z
  .strictObject({ name: userName, ...settings })
  .partial()
  .meta({ id: "UserChange" });

/** A user as every GET answers it. */
export const userRow = z
  .object({
    $key: rowKey,
    name: z.string(),
    displayname: z.string(),
    email: z.string(),
    type: userType,
    enabled: z.boolean(),
    physical_access: z.boolean(),
    created: epochSeconds,
    last_login: epochSeconds.describe("When the user last gave its password; 0 if never."),
  })
  .meta({ id: "User" });

/** The body of a create, as a client writes it. */
export type NewUser = z.input<typeof newUser>;

/** The body of an update, as a client writes it. */
export type UserChange = z.input<typeof userChange>;

/** A user as every GET answers it. */
export type UserRow = z.output<typeof userRow>;

const path = "/api/v4/users";
const rowPath = "/api/v4/users/{key}";

/** The endpoints of table `users`, as OpenAPI describes them. */
export const users = {
  list: {
    operationId: "listUsers",
    method: "get",
    path,
    request: { query: listQuery },
    responses: { 200: jsonAnswer("The users the caller may see.", z.array(userRow)) },
  },
  create: {
    operationId: "createUser",
    method: "post",
    path,
    request: { body: jsonBody(newUser) },
    responses: { 201: jsonAnswer("Where the new user is.", createdRow.meta({ id: "CreatedRow" })) },
  },
  get: {
    operationId: "getUser",
    method: "get",
    path: rowPath,
    request: { params: rowParams, query: rowQuery },
    responses: { 200: jsonAnswer("The user.", userRow) },
  },
  update: {
    operationId: "updateUser",
    method: "put",
    path: rowPath,
    request: { params: rowParams, body: jsonBody(userChange) },
    responses: { 200: jsonAnswer("The user as it stands now.", userRow) },
  },
  delete: {
    operationId: "deleteUser",
    method: "delete",
    path: rowPath,
    request: { params: rowParams },
    responses: { 200: emptyAnswer("The user, its keys and their validity are gone.") },
  },
} as const;
