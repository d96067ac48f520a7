import { z } from "zod";
import { createdRow, readOnly, rowKey, rowReference, text } from "./row.ts";
import { writableTable } from "./table.ts";

/** What may be done to rows: see that they are there, open, make, change and delete them. */
export const rights = ["list", "read", "create", "modify", "delete"] as const;

/** One of the five rights. */
export type Right = (typeof rights)[number];

/** The key of a row, or 0 for the whole table. */
const rowOrTable = z.union([z.literal(0), z.literal("0").transform(() => 0), rowReference], {
  error: "must be the $key of a row, or 0 for the whole table",
});

const flags = {
  list: z.boolean(),
  read: z.boolean(),
  create: z.boolean(),
  modify: z.boolean(),
  delete: z.boolean(),
};

const target = {
  identity: rowReference.describe("Identity of the user or group."),
  table: text({ max: 128, singleLine: true })
    .regex(/^(\/|[a-z][a-z0-9_]*)$/, 'must be the name of a table, or "/" for everything')
    .describe('Name of a table, or "/" for everything.'),
  row: rowOrTable.describe("Key of a row; 0 for the whole table."),
  $key: readOnly,
  identity_display: readOnly,
  identity_owner: readOnly,
  rowdisplay: readOnly,
  tableid: readOnly,
};

/** The body of a create. `list` is granted unless it is denied, the others are not unless they are granted. */
export const newPermission = z
  .strictObject({ ...target, ...flags })
  .partial({ row: true, list: true, read: true, create: true, modify: true, delete: true })
  .meta({ id: "NewPermission" });

/** The body of an update; only the five rights can change. */
export const permissionChange = z
  .strictObject({ ...target, ...flags })
  .partial()
  .meta({ id: "PermissionChange" });

/** A permission as GET answers it. */
export const permissionRow = z
  .object({
    $key: rowKey,
    identity: z.string().describe("Identity of the user or group, as a string of digits."),
    identity_display: z
      .string()
      .nullable()
      .describe("Name of that user or group; null if it may not be listed."),
    table: z.string(),
    row: z.int().nonnegative(),
    rowdisplay: z.string().nullable().describe("What the row is called; null for a whole table."),
    ...flags,
  })
  .meta({ id: "Permission" });

/** The endpoints of table `permissions`. */
export const permissions = writableTable({
  table: "permissions",
  noun: "permission",
  operation: "Permission",
  row: permissionRow,
  newRow: newPermission,
  change: permissionChange,
  created: createdRow,
});
