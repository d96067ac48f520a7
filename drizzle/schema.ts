import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  customType,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
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

/**
 * What rights are granted to: a user or a group has one, so that a permission row need not know which of the two it is
 * for. Deleting the identity deletes its owner's permission rows.
 */
export const identities = pgTable("identities", { key: rowKey() }, (table) => [
  primaryKey({ name: "identities_pkey", columns: [table.key] }),
]);

/** People and programs that may authenticate. */
export const users = pgTable(
  "users",
  {
    key: rowKey(),
    identity: bigint("identity", { mode: "number" }).notNull(),
    /** 40 hexadecimal digits, random; VergeOS shows such an id beside the key. */
    id: text("id").notNull(),
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
    /** Name of the user who made it; empty for the one made at installation. */
    creator: text("creator").notNull(),
    /** When the user last gave its password. */
    lastLogin: epochSeconds("last_login"),
    /** Wrong passwords in a row. */
    failedAttempts: integer("failed_attempts").notNull(),
    /** Until when the password is refused after too many wrong ones; 0 when it is not. */
    accountLocked: epochSeconds("account_locked"),
    /** Kept and shown for clients of VergeOS; nothing here acts on the ones below. */
    changePassword: boolean("change_password").notNull(),
    twoFactorAuthentication: boolean("two_factor_authentication").notNull(),
    twoFactorType: text("two_factor_type", { enum: ["email", "authenticator"] }).notNull(),
    sshKeys: text("ssh_keys").notNull(),
    theme: text("theme").notNull(),
  },
  (table) => [
    primaryKey({ name: "users_pkey", columns: [table.key] }),
    unique("users_name_unique").on(table.name),
    unique("users_identity_unique").on(table.identity),
    foreignKey({
      name: "users_identity_fkey",
      columns: [table.identity],
      foreignColumns: [identities.key],
    }),
    check("users_name_length", sql`char_length(${table.name}) between 1 and 128`),
    check("users_type_known", sql`${table.type} in ('normal', 'api', 'vdi')`),
  ],
);

/** Groups of users and of groups; what is granted to a group is granted to all in it. */
export const groups = pgTable(
  "groups",
  {
    key: rowKey(),
    identity: bigint("identity", { mode: "number" }).notNull(),
    /** An identifier of the owner's choosing, for a directory elsewhere; empty where none was given. */
    id: text("id").notNull(),
    name: text("name").notNull(),
    description: text("description").notNull(),
    email: text("email").notNull(),
    enabled: boolean("enabled").notNull(),
    /** The administrators' group made at installation: it cannot be deleted. */
    systemGroup: boolean("system_group").notNull(),
    created: epochSeconds("created"),
    creator: text("creator").notNull(),
  },
  (table) => [
    primaryKey({ name: "groups_pkey", columns: [table.key] }),
    unique("groups_name_unique").on(table.name),
    uniqueIndex("groups_id_unique").on(table.id).where(sql`${table.id} <> ''`),
    unique("groups_identity_unique").on(table.identity),
    foreignKey({
      name: "groups_identity_fkey",
      columns: [table.identity],
      foreignColumns: [identities.key],
    }),
    check("groups_name_length", sql`char_length(${table.name}) between 1 and 128`),
  ],
);

/** Who is in which group: a user or another group. */
export const members = pgTable(
  "members",
  {
    key: rowKey(),
    parentGroup: bigint("parent_group", { mode: "number" }).notNull(),
    memberUser: bigint("member_user", { mode: "number" }),
    memberGroup: bigint("member_group", { mode: "number" }),
    creator: text("creator").notNull(),
  },
  (table) => [
    primaryKey({ name: "members_pkey", columns: [table.key] }),
    foreignKey({
      name: "members_parent_group_fkey",
      columns: [table.parentGroup],
      foreignColumns: [groups.key],
    }).onDelete("cascade"),
    foreignKey({
      name: "members_member_user_fkey",
      columns: [table.memberUser],
      foreignColumns: [users.key],
    }).onDelete("cascade"),
    foreignKey({
      name: "members_member_group_fkey",
      columns: [table.memberGroup],
      foreignColumns: [groups.key],
    }).onDelete("cascade"),
    unique("members_user_unique").on(table.parentGroup, table.memberUser),
    unique("members_group_unique").on(table.parentGroup, table.memberGroup),
    index("members_member_user_index").on(table.memberUser),
    index("members_member_group_index").on(table.memberGroup),
    check("members_one_member", sql`(${table.memberUser} is null) <> (${table.memberGroup} is null)`),
  ],
);

/** Rights granted to an identity, on all rows of a table or on one. They add up; none takes another away. */
export const permissions = pgTable(
  "permissions",
  {
    key: rowKey(),
    identity: bigint("identity", { mode: "number" }).notNull(),
    /** Name of a table, of ours or of VergeOS, or "/" for everything. */
    table: text("table").notNull(),
    /** Key of a row; 0 for the whole table. */
    row: bigint("row", { mode: "number" }).notNull(),
    list: boolean("list").notNull(),
    read: boolean("read").notNull(),
    create: boolean("create").notNull(),
    modify: boolean("modify").notNull(),
    delete: boolean("delete").notNull(),
  },
  (table) => [
    primaryKey({ name: "permissions_pkey", columns: [table.key] }),
    foreignKey({
      name: "permissions_identity_fkey",
      columns: [table.identity],
      foreignColumns: [identities.key],
    }).onDelete("cascade"),
    unique("permissions_unique").on(table.identity, table.table, table.row),
    index("permissions_table_row_index").on(table.table, table.row),
  ],
);

/** Settings of the whole system, by name. */
export const settings = pgTable(
  "settings",
  {
    key: text("key").notNull(),
    value: text("value").notNull(),
    defaultValue: text("default_value").notNull(),
    description: text("description").notNull(),
  },
  (table) => [primaryKey({ name: "settings_pkey", columns: [table.key] })],
);

/** Logins that last: who has a session, since when, and when it was last used. */
export const sessions = pgTable(
  "sessions",
  {
    /** SHA-256 of the token, which itself is stored nowhere. */
    tokenHash: bytea("token_hash").notNull(),
    user: bigint("user", { mode: "number" }).notNull(),
    created: epochSeconds("created"),
    lastUsed: epochSeconds("last_used"),
    address: text("address").notNull(),
  },
  (table) => [
    primaryKey({ name: "sessions_pkey", columns: [table.tokenHash] }),
    foreignKey({
      name: "sessions_user_fkey",
      columns: [table.user],
      foreignColumns: [users.key],
    }).onDelete("cascade"),
    index("sessions_user_index").on(table.user),
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
    /** Refused whatever the time: set when `expires` is the moment of the change, which not every server's clock has reached. */
    ended: boolean("ended").notNull().default(false),
    ipAllowEntries: addressEntries("ip_allow_entries"),
    ipDenyEntries: addressEntries("ip_deny_entries"),
    lastloginStamp: epochSeconds("lastlogin_stamp"),
    lastloginIp: text("lastlogin_ip").notNull(),
    /** The public part of the secret, by which a presented secret is looked up. Safe to log and to show. */
    secretId: text("secret_id").notNull(),
    /** 32 bytes over the whole secret: HMAC-SHA-256 under a pepper, or plain SHA-256 where there is none. */
    secretHash: bytea("secret_hash").notNull(),
    /** Which pepper the hash was made under; 0 for none. */
    pepperVersion: integer("pepper_version").notNull(),
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
    // Pages of one user's keys in the order of lists, without sorting or looking at anybody else's.
    index("user_api_keys_user_key_index").on(table.user, table.key),
    check("user_api_keys_name_length", sql`char_length(${table.name}) between 1 and 128`),
    check("user_api_keys_secret_hash_length", sql`octet_length(${table.secretHash}) = 32`),
  ],
);

/**
 * Answers to creates and rotations that carried an Idempotency-Key, for 24 hours. The answer holds a secret, so it is
 * encrypted under a key that only the header's value gives; of that value a hash is all that is stored.
 */
export const idempotentAnswers = pgTable(
  "idempotent_answers",
  {
    /** SHA-256 over the user's key, the operation and the header's value. */
    requestHash: bytea("request_hash").notNull(),
    /** SHA-256 of the body, so that the same header with another body is told apart. */
    bodyHash: bytea("body_hash").notNull(),
    /** AES-256-GCM: 12 bytes of nonce, the answer's JSON, 16 bytes of tag. */
    answer: bytea("answer").notNull(),
    created: epochSeconds("created"),
  },
  (table) => [
    primaryKey({ name: "idempotent_answers_pkey", columns: [table.requestHash] }),
    index("idempotent_answers_created_index").on(table.created),
  ],
);

/** The servers that judge by what they remember, so that a change knows whom to wait for. */
export const replicas = pgTable(
  "replicas",
  {
    /** Drawn anew each time that a server registers. */
    id: text("id").notNull(),
    /** How often it has renewed its lease: two equal readings with the time of a lease between them mean that it has none. */
    renewals: bigint("renewals", { mode: "number" }).notNull(),
    /** Ids of the changes that it had applied when it last renewed, of those that are still there. */
    acknowledged: jsonb("acknowledged").$type<readonly string[]>().notNull(),
  },
  (table) => [primaryKey({ name: "replicas_pkey", columns: [table.id] })],
);

/** Changes that replicas are still to be told of. Written with the change itself, deleted when all have heard. */
export const pendingChanges = pgTable(
  "pending_changes",
  {
    id: text("id").notNull(),
    /** What the change makes wrong, as the gate's cache calls it. */
    subjects: jsonb("subjects").$type<readonly string[]>().notNull(),
  },
  (table) => [primaryKey({ name: "pending_changes_pkey", columns: [table.id] })],
);

/** Keys of the servers' own, one for all that share the database, so that what one signs can be checked with another's. */
export const signingKeys = pgTable(
  "signing_keys",
  {
    /** What is signed with it. */
    purpose: text("purpose", { enum: ["registry"] }).notNull(),
    /** OpenPGP, armoured, in clear: SECURITY.md says what follows for dumps and backups. */
    privateKey: text("private_key").notNull(),
  },
  (table) => [primaryKey({ name: "signing_keys_pkey", columns: [table.purpose] })],
);

/** The audit trail: one row for each change of what somebody may do, written in the transaction of the change. */
export const logs = pgTable(
  "logs",
  {
    key: rowKey(),
    level: text("level", { enum: ["audit", "warning"] }).notNull(),
    /** Microseconds since the epoch, the unit of the VergeOS logs table. */
    timestamp: bigint("timestamp", { mode: "number" }).notNull(),
    /** Name of the user who did it, at that time: a name, not a reference, because the row outlives the user. */
    user: text("user").notNull(),
    /** Key of that user, which no other user ever has, while names can be given away; null where nobody is known. */
    userKey: bigint("user_key", { mode: "number" }),
    /** What the user proved itself by: the public id of a key, a session, a password; empty where nothing was proved. */
    credential: text("credential").notNull(),
    address: text("address").notNull(),
    /** VergeOS' words; it has none for keys and sessions, whose events are the user's. */
    objectType: text("object_type", { enum: ["user", "group", "permission", "system"] }).notNull(),
    objectName: text("object_name").notNull(),
    /** What happened, in a sentence; never a secret or a password. */
    text: text("text").notNull(),
  },
  (table) => [
    primaryKey({ name: "logs_pkey", columns: [table.key] }),
    index("logs_timestamp_index").on(table.timestamp),
  ],
);
