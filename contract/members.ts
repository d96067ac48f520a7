import { z } from "zod";
import { createdRow, readOnly, rowKey, rowReference } from "./row.ts";
import { writableTable } from "./table.ts";

/** Names the member: `/v4/users/4` or `/v4/groups/2`; clients also leave out the front part. */
const memberReference = z
  .string()
  .regex(
    /^(\/?(api\/)?v4\/)?(users|groups)\/[1-9]\d{0,14}$/,
    'must name a row such as "/v4/users/4" or "/v4/groups/2"',
  )
  .transform((reference) => {
    const [key = "", table = ""] = reference.split("/").reverse();
    return { table: table === "users" ? ("users" as const) : ("groups" as const), key: Number(key) };
  });

const fields = {
  parent_group: rowReference,
  member: memberReference,
  $key: readOnly,
  member_display: readOnly,
  creator: readOnly,
  system: readOnly,
};

/** The body of a create. */
export const newMember = z.strictObject(fields).meta({ id: "NewMember" });

/** The body of an update: a membership has nothing that can change, so only what it says already is accepted. */
export const memberChange = z.strictObject(fields).partial().meta({ id: "MemberChange" });

/** A membership as GET answers it. */
export const memberRow = z
  .object({
    $key: rowKey,
    parent_group: rowKey,
    member: z.string().describe("The member, such as `/v4/users/4`."),
    member_display: z.string().nullable().describe("The member's name; null if it may not be listed."),
    creator: z.string(),
  })
  .meta({ id: "Member" });

/** The endpoints of table `members`. */
export const members = writableTable({
  table: "members",
  noun: "membership",
  operation: "Member",
  row: memberRow,
  newRow: newMember,
  change: memberChange,
  created: createdRow,
});
