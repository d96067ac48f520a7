import { z } from "zod";
import { createdRow, epochSeconds, orNull, readOnly, rowKey, text } from "./row.ts";
import { actionsEndpoint, rowAction, updateOrAction, writableTable } from "./table.ts";

/** The login name of a user, lower-cased as VergeOS does, so that two spellings are one user. */
export const userName = z
  .string()
  // First, because some letters are two in lower case, and the length is that of what is stored.
  .transform((name) => name.toLowerCase())
  .pipe(
    text({ max: 128, singleLine: true })
      .refine((name) => name.trim() !== "", "must not be empty")
      .refine((name) => name === name.trim(), "must not start or end with white space")
      .refine((name) => !/[/:]/.test(name), "must not contain a slash or a colon"),
  )
  .describe("Login name, unique, in lower case.");

/** What kind of user it is; `api` is for programs, `vdi` for virtual desktops (VergeOS). */
export const userType = z.enum(["normal", "api", "vdi"], { error: 'must be "normal", "api" or "vdi"' });

const mustBeEmail = "must be an e-mail address such as someone@example.org";

/** An e-mail address in lower case, or nothing. As browsers have it: a host need not have a dot in its name. */
export const email = orNull(
  z
    .union([z.literal(""), z.email({ pattern: z.regexes.html5Email, error: mustBeEmail })], {
      error: mustBeEmail,
    })
    .transform((address) => address.toLowerCase()),
);

const settings = {
  displayname: orNull(text({ max: 128, singleLine: true })).describe("Name shown to people."),
  email: email.describe("E-mail address, in lower case; empty for none."),
  enabled: z.boolean().describe("Whether the user, and with it every key of the user, may authenticate."),
  physical_access: z.boolean().describe("Whether the user administers the whole system."),
  password: z
    .string()
    .min(8, "must be at least 8 characters")
    .max(256, "must be at most 256 characters")
    .describe("Write-only; a user without one authenticates with keys alone."),
  change_password: z.boolean().describe("Kept for clients of VergeOS; nothing here acts on it."),
  two_factor_authentication: z.boolean().describe("Kept for clients of VergeOS; nothing here acts on it."),
  two_factor_type: z
    .enum(["email", "authenticator"], { error: 'must be "email" or "authenticator"' })
    .describe("Kept for clients of VergeOS; nothing here acts on it."),
  two_factor_setup_next_login: z.boolean().describe("Write-only; accepted for clients of VergeOS."),
  ssh_keys: text({ max: 65_536, singleLine: false }).describe("Kept for clients of VergeOS; one key a line."),
  theme: text({ max: 128, singleLine: true }).describe("Kept for clients of VergeOS."),
};

const given = {
  auth_source: z
    .union([z.null(), z.literal(0)], { error: "must be null: users are kept here alone" })
    .describe("Always null: users are kept here alone."),
  $key: readOnly,
  id: readOnly,
  identity: readOnly,
  created: readOnly,
  creator: readOnly,
  last_login: readOnly,
  auth_source_name: readOnly,
  remote_name: readOnly,
  api_keys: readOnly,
  memberships: readOnly,
  groups: readOnly,
  credential: readOnly,
  settings: readOnly,
  last_forgot_password: readOnly,
  last_forgot_username: readOnly,
};

/** The body of a create. What is left out means: a normal user, enabled, without a password. */
export const newUser = z
  .strictObject({
    type: userType,
    ...settings,
    ...given,
    failed_attempts: readOnly,
    account_locked: readOnly,
  })
  .partial()
  .extend({ name: userName })
  .meta({ id: "NewUser" });

/** The body of an update; only what is present changes. The type of a user is fixed when it is created. */
export const userChange = z
  .strictObject({
    name: userName,
    type: userType,
    ...settings,
    ...given,
    failed_attempts: z.int().nonnegative().max(1_000_000).describe("Wrong passwords in a row."),
    account_locked: epochSeconds.describe("Until when the password is refused; 0 unlocks."),
  })
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
    id: z.string().describe("40 hexadecimal digits."),
    identity: z.string().describe("What rights are granted to, as a string of digits."),
    creator: z.string(),
    change_password: z.boolean(),
    two_factor_authentication: z.boolean(),
    two_factor_type: z.string(),
    ssh_keys: z.string(),
    theme: z.string(),
    auth_source: z.null(),
    auth_source_name: z.null(),
    remote_name: z.string(),
    failed_attempts: z.int().nonnegative(),
    account_locked: epochSeconds.describe("Until when the password is refused; 0 when it is not."),
  })
  .meta({ id: "User" });

/** The body of a create, as a client writes it. */
export type NewUser = z.input<typeof newUser>;

/** The body of an update, as a client writes it. */
export type UserChange = z.input<typeof userChange>;

const table = {
  table: "users",
  noun: "user",
  operation: "User",
  row: userRow,
  newRow: newUser,
  change: userChange,
  created: createdRow,
};

/** The body of an action on a user: nothing. */
export const userAction = z.strictObject({}).meta({ id: "UserAction" });

const answer = z.object({});

const endpoints = writableTable(table);

/** The endpoints of table `users`. */
export const users = {
  ...endpoints,
  update: updateOrAction(endpoints.update, userChange, [userAction]),
  enable: rowAction(table, {
    name: "enable",
    summary: "Lets the user, and its API keys, authenticate.",
    body: userAction,
    status: 200,
    answer,
  }),
  disable: rowAction(table, {
    name: "disable",
    summary: "Refuses the user and its API keys, and ends its sessions.",
    body: userAction,
    status: 200,
    answer,
  }),
  act: actionsEndpoint(table, "user", ["enable", "disable"]),
};
