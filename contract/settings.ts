import { z } from "zod";
import { createdRow, orNull, readOnly, text } from "./row.ts";
import { writableTable } from "./table.ts";

const key = text({ max: 128, singleLine: true }).regex(
  /^[a-z][a-z0-9_]*$/,
  "must be a name of lower-case letters, digits and underscores",
);
// Clients send numbers as numbers and read text back.
const value = z.union([text({ max: 4096, singleLine: false }), z.number().transform(String)], {
  error: (issue) => (issue.input === undefined ? "is missing" : "must be a string"),
});

const fields = {
  key,
  value,
  description: orNull(text({ max: 2048, singleLine: false })).describe(
    "What the setting is for; of one that the server acts on it is fixed.",
  ),
  $key: readOnly,
  default_value: readOnly,
};

/** The body of a create: a setting of the caller's own, which nothing here acts on. */
export const newSetting = z.strictObject(fields).partial({ description: true }).meta({ id: "NewSetting" });

/** The body of an update; clients send the key again with the value. */
export const settingChange = z
  .strictObject(fields)
  .partial({ key: true, description: true })
  .meta({ id: "SettingChange" });

/** A setting as GET answers it. */
export const settingRow = z
  .object({
    $key: z.string().describe("The setting's name."),
    key: z.string(),
    value: z.string(),
    default_value: z.string(),
    description: z.string(),
  })
  .meta({ id: "Setting" });

/** The endpoints of table `settings`. */
export const settings = writableTable({
  table: "settings",
  noun: "setting",
  operation: "Setting",
  row: settingRow,
  newRow: newSetting,
  change: settingChange,
  created: createdRow,
});
