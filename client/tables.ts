import { z } from "zod";
import type { Endpoint } from "../contract/endpoint.ts";
import { groupRow, groups } from "../contract/groups.ts";
import { memberRow, members } from "../contract/members.ts";
import { permissionRow, permissions } from "../contract/permissions.ts";
import { settingRow, settings } from "../contract/settings.ts";
import { nullsAsDefaults } from "./answers.ts";

/** How rows of a table are read and written. */
export interface ClientTable<Row extends z.ZodType, New, Change> {
  readonly endpoints: {
    readonly list: Endpoint;
    readonly get: Endpoint;
    readonly create: Endpoint;
    readonly update: Endpoint;
    readonly delete: Endpoint;
  };
  readonly row: Row;
  /** What to ask for, so that every field comes back. */
  readonly fields: string;
  /** Never there: they tie the types of what is sent to the table. */
  readonly newRow?: New;
  readonly change?: Change;
}

type Input<E> = E extends {
  readonly request: {
    readonly body: {
      readonly content: { readonly "application/json": { readonly schema: infer S extends z.ZodType } };
    };
  };
}
  ? z.input<S>
  : never;

function table<E extends ClientTable<z.ZodType, unknown, unknown>["endpoints"], Row extends z.ZodType>(
  endpoints: E,
  row: Row,
  fields: string,
): ClientTable<Row, Input<E["create"]>, Input<E["update"]>> {
  return { endpoints, row, fields };
}

const group = groupRow.omit({ member_count: true });

/** Groups. */
export const groupsTable = table(
  groups,
  nullsAsDefaults(group, { description: "", email: "" }),
  Object.keys(group.shape).join(","),
);

/** Who is in which group. */
export const membersTable = table(
  members,
  memberRow.pick({ $key: true, parent_group: true, member: true }),
  "$key,parent_group,member",
);

const permission = permissionRow.omit({ identity_display: true, rowdisplay: true }).extend({
  // A number on some servers, a string of digits on others.
  identity: z.union([z.string(), z.number()]).transform(String),
});

/** What is granted to whom. */
export const permissionsTable = table(permissions, permission, Object.keys(permission.shape).join(","));

const setting = settingRow.pick({ key: true, value: true, default_value: true, description: true });

/** Settings of the whole system, by name. */
export const settingsTable = table(
  settings,
  nullsAsDefaults(setting, { value: "", default_value: "", description: "" }),
  Object.keys(setting.shape).join(","),
);
