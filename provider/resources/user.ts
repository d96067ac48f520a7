import type { UserAnswer } from "../../client/client.ts";
import { formatTime } from "../../contract/time.ts";
import { newUser, type UserChange, userName, userType } from "../../contract/users.ts";
import type { Connection } from "../connection.ts";
import { completed } from "../created.ts";
import { attempt } from "../failures.ts";
import { resourcesOf } from "../plugin/resource.ts";
import { bool, number, schema, string } from "../plugin/schema.ts";
import { isUnknown } from "../plugin/unknown.ts";
import type { State } from "../plugin/views.ts";
import { checkWith } from "../problem.ts";

const userSchema = schema({
  version: 0,
  description:
    "A user: somebody, or a program, that API keys belong to. Destroying it revokes all of its keys at once.",
  attributes: {
    id: string({ computed: true, description: "The user's number on the server, which keys refer to." }),
    identity: string({
      computed: true,
      nullable: true,
      description: "What `keyward_permission` grants rights to.",
    }),
    name: string({
      required: true,
      description: "Login name, unique, at most 128 characters. The server keeps it in lower case.",
      validate: checkWith(userName),
      sameMeaning: (left, right) => left.toLowerCase() === right.toLowerCase(),
    }),
    type: string({
      optional: true,
      default: "normal",
      replace: true,
      description:
        "`normal` for people, `api` for programs, `vdi` for virtual desktops. Changing it makes a new user.",
      validate: checkWith(userType),
    }),
    displayname: string({
      optional: true,
      default: "",
      description: "Name shown to people.",
      validate: checkWith(newUser.shape.displayname),
    }),
    email: string({
      optional: true,
      default: "",
      description: "E-mail address. The server keeps it in lower case.",
      validate: checkWith(newUser.shape.email),
      sameMeaning: (left, right) => left.toLowerCase() === right.toLowerCase(),
    }),
    enabled: bool({
      optional: true,
      default: true,
      description: "Whether the user may authenticate. While it is false, every key of the user is refused.",
    }),
    physical_access: bool({
      optional: true,
      default: false,
      description: "Whether the user administers the whole system.",
    }),
    password_wo: string({
      optional: true,
      writeOnly: true,
      sensitive: true,
      description:
        "The password; it is stored nowhere but, hashed, on the server. A user without one authenticates with keys alone. " +
        "Terraform 1.11 or later.",
      validate: checkWith(newUser.shape.password),
    }),
    password_wo_version: number({
      optional: true,
      description: "Goes with `password_wo`: change it to set the password again.",
    }),
    created_at: string({ computed: true, nullable: true, description: "When the user was made (RFC 3339)." }),
  },
});

type UserState = State<typeof userSchema>;

const resource = resourcesOf<Connection>();

/** Resource `keyward_user`. */
export const user = resource({
  typeName: "keyward_user",
  schema: userSchema,
  identity: "id",

  validate({ config, error }) {
    const { password_wo: password, password_wo_version: version } = config;
    // What is not known yet may turn out to be null.
    if (!isUnknown(password) && !isUnknown(version) && (password === null) !== (version === null)) {
      const missing = password === null ? "password_wo" : "password_wo_version";
      error(`${missing} is missing`, {
        attribute: missing,
        detail:
          "password_wo is stored nowhere, so that only a change of password_wo_version shows that it is another one.",
      });
    }
  },

  async read({ state, client: { users }, signal }) {
    const row = await attempt("read the user", () => users.get(state.id, signal));
    return row === undefined ? null : toState(row, state);
  },

  async create({ plan, config, client: { client, users }, signal }) {
    const { name, displayname, email, enabled, physical_access } = plan;
    const body = {
      name,
      type: userType.parse(plan.type),
      displayname,
      email,
      enabled,
      ...(physical_access ? { physical_access } : {}),
      ...(config.password_wo === null ? {} : { password: config.password_wo }),
    };
    const id = await attempt("create the user", () => client.createUser(body, { signal }), attributeOfField);
    users.forget();
    const state: UserState = { ...plan, id, identity: null, created_at: null };
    const readRow = () => attempt("read the new user", () => client.getUser(id, signal));
    return completed(state, readRow, (row) => ({
      ...state,
      identity: row.identity,
      created_at: formatTime(row.created),
    }));
  },

  async update({ prior, plan, config, client: { client, users }, signal }) {
    const isNewPassword =
      plan.password_wo_version !== prior.password_wo_version && config.password_wo !== null;
    const change: UserChange = {
      ...(plan.name === prior.name ? {} : { name: plan.name }),
      ...(plan.displayname === prior.displayname ? {} : { displayname: plan.displayname }),
      ...(plan.email === prior.email ? {} : { email: plan.email }),
      ...(plan.enabled === prior.enabled ? {} : { enabled: plan.enabled }),
      ...(plan.physical_access === prior.physical_access ? {} : { physical_access: plan.physical_access }),
      ...(isNewPassword ? { password: config.password_wo } : {}),
    };
    await attempt("update the user", () => client.updateUser(prior.id, change, signal), attributeOfField);
    users.forget();
    return { ...plan, id: prior.id, identity: prior.identity, created_at: prior.created_at };
  },

  async delete({ state, client: { client, users }, signal }) {
    await attempt("delete the user", () => client.deleteUser(state.id, signal));
    users.forget();
  },

  async import({ id, client: { client }, signal }) {
    const row = await attempt("import the user", () => client.getUser(id, signal));
    return row === undefined ? null : toState(row, undefined);
  },
});

const attributeOfField = { password: "password_wo" } as const;

/** The state that a row stands for; where the present state says the same in other words, its spelling is kept. */
function toState(row: UserAnswer, state: UserState | undefined): UserState {
  return {
    id: String(row.$key),
    identity: row.identity,
    name: sameText(row.name, state?.name),
    type: row.type,
    displayname: row.displayname,
    email: sameText(row.email, state?.email),
    enabled: row.enabled,
    physical_access: row.physical_access,
    password_wo: null,
    password_wo_version: state?.password_wo_version ?? null,
    created_at: formatTime(row.created),
  };
}

function sameText(text: string, inState: string | undefined): string {
  return inState !== undefined && inState.toLowerCase() === text ? inState : text;
}
