import { eq } from "drizzle-orm";
import type { z } from "zod";
import { settings as endpoints, newSetting, settingChange } from "../../contract/settings.ts";
import { settings } from "../../drizzle/schema.ts";
import { audit, describeChanges, describeFields } from "../audit.ts";
import { violatesUnique } from "../database.ts";
import { ApiError } from "../errors.ts";
import type { QueryTable } from "../query/query-table.ts";
import { findKnownSetting } from "../settings.ts";
import { type Created, defineTable, defineWrites, mayCreateIn, withinReach } from "./define-table.ts";
import { onlyRow } from "./row.ts";
import type { WriteContext } from "./write-context.ts";

/** Keeps a setting of the caller's own; those that the server acts on are there from the first start. */
async function createSetting(context: WriteContext, input: z.output<typeof newSetting>): Promise<Created> {
  const values = {
    key: input.key,
    value: input.value,
    defaultValue: "",
    description: input.description ?? "",
  };
  try {
    await context.transaction.insert(settings).values(values);
  } catch (error) {
    if (violatesUnique(error, "settings_pkey")) {
      throw new ApiError(
        "conflict",
        `key: there is a setting ${JSON.stringify(input.key)} already; change that one`,
      );
    }
    throw error;
  }
  const { value, description } = values;
  const told = describeFields({ value, description }, hiddenOf(input.key));
  await auditSetting(context, input.key, `created setting: ${told}`);
  return { key: input.key };
}

/** Sets a value. One that the server acts on must be in its range. */
async function updateSetting(
  context: WriteContext,
  key: string,
  input: z.output<typeof settingChange>,
): Promise<Record<string, never>> {
  const before = onlyRow(await context.transaction.select().from(settings).where(eq(settings.key, key)));
  if (input.key !== undefined && input.key !== key) {
    throw new ApiError("invalid", "key: cannot change; create another setting");
  }
  const range = findKnownSetting(key)?.range;
  const number = Number(input.value);
  if (range !== undefined && !(/^\d{1,12}$/.test(input.value) && number >= range[0] && number <= range[1])) {
    throw new ApiError("invalid", `value: must be a whole number from ${range[0]} to ${range[1]}`);
  }
  const isOwn = findKnownSetting(key) === undefined;
  const description = isOwn ? input.description : undefined;
  const after = { value: input.value, description: description ?? before.description };
  await context.transaction.update(settings).set(after).where(eq(settings.key, key));
  const changes = describeChanges(before, after, hiddenOf(key));
  if (changes !== "") {
    await auditSetting(context, key, `changed setting: ${changes}`);
  }
  return {};
}

/** What is kept in a setting that the server does not know may be a password, so its value is not written down. */
function hiddenOf(key: string): readonly "value"[] {
  return findKnownSetting(key) === undefined ? ["value"] : [];
}

/** Forgets a setting of the caller's own. */
async function deleteSetting(context: WriteContext, key: string): Promise<void> {
  if (findKnownSetting(key) !== undefined) {
    throw new ApiError(
      "forbidden",
      "a setting that the server acts on cannot be deleted; set it to its default_value",
    );
  }
  await context.transaction.delete(settings).where(eq(settings.key, key));
  await auditSetting(context, key, "deleted setting");
}

function auditSetting(context: WriteContext, key: string, text: string): Promise<void> {
  return audit(context, { objectType: "system", objectName: key, text });
}

const query: QueryTable = {
  name: "settings",
  table: settings,
  key: settings.key,
  keyType: "text",
  display: "key",
  summary: ["key", "description"],
  fields: (column) => ({
    key: { kind: "value", type: "text", value: column(settings.key) },
    value: { kind: "value", type: "text", value: column(settings.value) },
    default_value: { kind: "value", type: "text", value: column(settings.defaultValue) },
    description: { kind: "value", type: "text", value: column(settings.description) },
  }),
};

/** Table `settings`. Its rows have names for keys, so rights are granted on the whole table. */
export const settingsTable = defineTable({
  query,
  endpoints,
  singular: "setting",
  rowsWithin: (rights, right, column) => {
    const reach = rights.reach(right, "settings");
    return withinReach(reach === "all" ? "all" : new Set(), column(settings.key));
  },
  writes: defineWrites({
    newRow: newSetting,
    change: settingChange,
    keyOf: String,
    authorize: mayCreateIn("settings"),
    create: createSetting,
    update: updateSetting,
    delete: deleteSetting,
  }),
});
