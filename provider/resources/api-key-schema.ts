import { secretIdOf } from "../../contract/secret.ts";
import { parseTime } from "../../contract/time.ts";
import { apiKeyDescription, apiKeyName } from "../../contract/user-api-keys.ts";
import { checkRecipient, checkRecipients } from "../age.ts";
import { checkDuration, sameDuration, secondsOf } from "../duration.ts";
import type { Problem } from "../plugin/schema.ts";
import { bool, number, object, schema, set, string } from "../plugin/schema.ts";
import type { State } from "../plugin/views.ts";
import { checkWith } from "../problem.ts";
import { checkAddressEntry, sameAddresses } from "./address-set.ts";

/** The schema of `keyward_api_key`. Version 1 came with rotation. */
export const apiKeySchema = schema({
  version: 1,
  description:
    "An API key: a secret that authenticates as a user, from the addresses and until the time that you declare. " +
    "Destroying the resource revokes the key at once.",
  attributes: {
    id: string({
      computed: true,
      description: "The key's number on the server. A rotation gives another one.",
    }),
    user: string({
      required: true,
      replace: true,
      description:
        "The `id` of the user that the key belongs to and whose rights it has. Changing it makes a new key.",
      validate: (user) =>
        /^[1-9]\d{0,14}$/.test(user)
          ? null
          : `The value ${JSON.stringify(user)} is not the id of a user, a whole number above 0.`,
    }),
    name: string({
      required: true,
      description:
        "Name of the key, unique for its user, at most 128 characters. So a new key cannot be made beside the old one, as " +
        "`create_before_destroy` wants it: use `rotation`, which does.",
      validate: checkWith(apiKeyName),
    }),
    description: string({
      optional: true,
      default: "",
      description: "What the key is for, at most 2048 characters.",
      validate: checkWith(apiKeyDescription),
    }),
    expires_at: string({
      optional: true,
      computed: true,
      nullable: true,
      description:
        "When the key ends, an RFC 3339 time such as `2027-01-31T00:00:00Z`. Without it and without `expires_in` the key " +
        "never expires.",
      validate: (text) => {
        const time = parseTime(text);
        return time.ok ? null : `The value ${JSON.stringify(text)} ${time.problem}.`;
      },
      sameMeaning: (left, right) => secondsOf(left) === secondsOf(right),
    }),
    expires_in: string({
      optional: true,
      description:
        "How long the key is valid from the apply that makes or rotates it, such as `90d` or `720h`; in place of `expires_at`.",
      validate: checkDuration,
      sameMeaning: sameDuration,
    }),
    ip_allow_list: set(string, {
      optional: true,
      default: [],
      description:
        "Addresses and CIDR blocks that the key may be used from. Without any, it may be used from everywhere that " +
        "`ip_deny_list` does not name. With some, `ip_deny_list` has no effect: the allow list wins.",
      validateElement: checkAddressEntry,
      sameMeaning: sameAddresses,
    }),
    ip_deny_list: set(string, {
      optional: true,
      default: [],
      description: "Addresses and CIDR blocks that the key may not be used from.",
      validateElement: checkAddressEntry,
      sameMeaning: sameAddresses,
    }),
    rotation: object(
      {
        every: string({
          optional: true,
          description:
            "The age at which the key is due, such as `720h`. The next apply after that rotates it, in place.",
          validate: checkDuration,
          sameMeaning: sameDuration,
        }),
        overlap: string({
          optional: true,
          default: "0s",
          description:
            "How long the predecessor stays valid beside its successor, such as `48h`, so that whoever uses it has time to change.",
          validate: checkDuration,
          sameMeaning: sameDuration,
        }),
      },
      { optional: true, description: "When and how the key is succeeded by a new one with a new secret." },
    ),
    recipients: set(string, {
      optional: true,
      description:
        "age public keys. With some, the secret is in the state only as `encrypted_secret`, which their owners alone can " +
        "read. A change rotates the key; only an imported key takes its first ones over without.",
      validate: checkRecipients,
      validateElement: checkRecipient,
    }),
    secret_wo: string({
      optional: true,
      writeOnly: true,
      sensitive: true,
      description:
        "A secret of your own, such as that of the ephemeral resource `keyward_secret`; nothing of it is stored. " +
        "Terraform 1.11 or later.",
      validate: checkOwnSecret,
    }),
    secret_wo_version: number({
      optional: true,
      description:
        "Goes with `secret_wo`: change it to give the key a new secret, which rotates it. An imported key takes its first one " +
        "over without.",
    }),
    secret: string({
      computed: true,
      nullable: true,
      sensitive: true,
      description:
        "The secret to present as a Bearer token. The server shows it only when the key is made, so it is null for an " +
        "imported key, and with `recipients` or `secret_wo`. It is kept in the state: guard the state.",
    }),
    encrypted_secret: string({
      computed: true,
      nullable: true,
      description: "The secret, encrypted for `recipients`, in age's armoured form.",
    }),
    status: string({ computed: true, nullable: true, description: "`active`, or `expired`." }),
    created_at: string({ computed: true, nullable: true, description: "When the key was made (RFC 3339)." }),
    last_login_at: string({
      computed: true,
      nullable: true,
      description: "When the key was last accepted (RFC 3339); null if it never was.",
    }),
    last_login_ip: string({
      computed: true,
      nullable: true,
      description: "The address that the key was last accepted from; null if it never was.",
    }),
    rotation_due: bool({
      computed: true,
      nullable: true,
      description:
        "Whether the next apply rotates the key. Decided when the key is read, so that a plan shows it.",
    }),
    previous_id: string({
      computed: true,
      nullable: true,
      description: "The number of the predecessor, while it is there and still valid.",
    }),
    previous_expires_at: string({
      computed: true,
      nullable: true,
      description: "When the predecessor ends (RFC 3339); null once it has.",
    }),
  },
});

/** Checks a secret without a word of it: a faulty one may still be somebody's. */
function checkOwnSecret(secret: string): Problem {
  return secretIdOf(secret) === undefined
    ? "The value is not a well-formed secret, or its checksum is wrong. Take one from the ephemeral resource keyward_secret."
    : null;
}

/** A key as the state has it. */
export type ApiKeyState = State<typeof apiKeySchema>;
