import { z } from "zod";
import { createdRow, epochSeconds, orNull, readOnly, rowKey, text } from "./row.ts";
import { writableTable } from "./table.ts";
import { email } from "./users.ts";

const name = text({ max: 128, singleLine: true })
  .refine((value) => value.trim() !== "", "must not be empty")
  .describe("Name of the group, unique.");

const settings = {
  name,
  description: orNull(text({ max: 2048, singleLine: false })).describe("What the group is for."),
  email: email.describe("E-mail address, in lower case; empty for none."),
  id: orNull(text({ max: 128, singleLine: true })).describe("Identifier in a directory elsewhere, unique."),
  enabled: z.boolean().describe("Whether the group gives its rights to its members."),
  $key: readOnly,
  identity: readOnly,
  system_group: readOnly,
  created: readOnly,
  creator: readOnly,
  member_count: readOnly,
  members: readOnly,
};

/** The body of a create. Without `id`, the group's name is its identifier. */
export const newGroup = z.strictObject(settings).partial().extend({ name }).meta({ id: "NewGroup" });

/** The body of an update; only what is present changes. */
export const groupChange = z.strictObject(settings).partial().meta({ id: "GroupChange" });

/** A group as GET answers it. */
export const groupRow = z
  .object({
    $key: rowKey,
    name: z.string(),
    description: z.string(),
    email: z.string(),
    id: z.string(),
    identity: z.string().describe("What rights are granted to, as a string of digits."),
    enabled: z.boolean(),
    system_group: z.boolean().describe("Whether it is the group made at installation."),
    created: epochSeconds,
    creator: z.string(),
    member_count: z.int().nonnegative(),
  })
  .meta({ id: "Group" });

/** The endpoints of table `groups`. */
export const groups = writableTable({
  table: "groups",
  noun: "group",
  operation: "Group",
  row: groupRow,
  newRow: newGroup,
  change: groupChange,
  created: createdRow,
});
