import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  customType,
  foreignKey,
  index,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
} from "drizzle-orm/pg-core";

/** Raw bytes. Both drivers give a Uint8Array (Node's Buffer is one). */
const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "bytea" });

/** Seconds since the epoch, because that is what the v4 wire carries, sorts and filters by. 0 is never or not yet. */
const epochSeconds = (name: string) => bigint(name, { mode: "number" }).notNull();

const rowKey = () => bigint("key", { mode: "number" }).generatedByDefaultAsIdentity();

/** One entry of an allow or deny list, as the owner wrote it; `enabled` is the check box beside it. */
export interface AddressEntry {
  readonly address: string;
  readonly enabled: boolean;
}

const addressEntries = (name: string) => jsonb(name).$type<readonly AddressEntry[]>().notNull();

/** People and programs that may authenticate. */
export const users = pgTable(
  "users",
  {
    key: rowKey(),
    /** Login name, stored in lower case. */
    name: text("name").notNull(),
    displayname: text("displayname").notNull(),
    email: text("email").notNull(),
    type: text("type", { enum: ["normal", "api", "vdi"] }).notNull(),
    enabled: boolean("enabled").notNull(),
    /** VergeOS' mark of a system administrator. */
    physicalAccess: boolean("physical_access").notNull(),
    /** The user made at installation: it cannot be deleted or lose its rights, so that somebody can always get in. */
    systemUser: boolean("system_user").notNull(),
    /** argon2id in PHC string format; null for a user that has no password and so cannot use one. */
    passwordHash: text("password_hash"),
    created: epochSeconds("created"),
    /** When the user last gave its password. */
    lastLogin: epochSeconds("last_login"),
  },
  (table) => [
    primaryKey({ name: "users_pkey", columns: [table.key] }),
    unique("users_name_unique").on(table.name),
    check("users_name_length", sql`char_length(${table.name}) between 1 and 128`),
    check("users_type_known", sql`${table.type} in ('normal', 'api', 'vdi')`),
  ],
);

/** API keys. The secret itself is stored nowhere. */
export const userApiKeys = pgTable(
  "user_api_keys",
  {
    key: rowKey(),
    user: bigint("user", { mode: "number" }).notNull(),
    name: text("name").notNull(),
    description: text("description").notNull(),
    created: epochSeconds("created"),
    /** From this second on the key is refused; 0 for never. */
    expires: epochSeconds("expires"),
    ipAllowEntries: addressEntries("ip_allow_entries"),
    ipDenyEntries: addressEntries("ip_deny_entries"),
    lastloginStamp: epochSeconds("lastlogin_stamp"),
    lastloginIp: text("lastlogin_ip").notNull(),
    /** The public part of the secret, by which a presented secret is looked up. Safe to log and to show. */
    secretId: text("secret_id").notNull(),
    /** SHA-256 over the whole secret: 256 random bits leave no dictionary for a slow hash to slow down. */
    secretHash: bytea("secret_hash").notNull(),
  },
  (table) => [
    primaryKey({ name: "user_api_keys_pkey", columns: [table.key] }),
    foreignKey({
      name: "user_api_keys_user_fkey",
      columns: [table.user],
      foreignColumns: [users.key],
    }).onDelete("cascade"),
    unique("user_api_keys_user_name_unique").on(table.user, table.name),
    unique("user_api_keys_secret_id_unique").on(table.secretId),
    check("user_api_keys_name_length", sql`char_length(${table.name}) between 1 and 128`),
    check("user_api_keys_secret_hash_length", sql`octet_length(${table.secretHash}) = 32`),
  ],
);

/** The audit trail: one row for each change of what somebody may do, written in the transaction of the change. */
export const logs = pgTable(
  "logs",
  {
    key: rowKey(),
    level: text("level", { enum: ["audit"] }).notNull(),
    /** Microseconds since the epoch, the unit of the VergeOS logs table. */
    timestamp: bigint("timestamp", { mode: "number" }).notNull(),
    /** Name of the user who did it: a name, not a reference, because the row outlives the user. */
    user: text("user").notNull(),
    address: text("address").notNull(),
    objectType: text("object_type", { enum: ["user", "user_api_key"] }).notNull(),
    objectName: text("object_name").notNull(),
    /** What happened, in a sentence; never a secret or a password. */
    text: text("text").notNull(),
  },
  (table) => [
    primaryKey({ name: "logs_pkey", columns: [table.key] }),
    index("logs_timestamp_index").on(table.timestamp),
  ],
);
