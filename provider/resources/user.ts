import type { Client, UserAnswer } from "../../client/client.ts";
import { formatTime } from "../../contract/time.ts";
import { newUser, type UserChange, userName, userType } from "../../contract/users.ts";
import { withCreationTime } from "../created.ts";
import { attempt } from "../failures.ts";
import { resourcesOf } from "../plugin/resource.ts";
import { bool, schema, string } from "../plugin/schema.ts";
import type { State } from "../plugin/views.ts";
import { checkWith } from "../problem.ts";

const userSchema = schema({
  version: 0,
  description:
    "A user: somebody, or a program, that API keys belong to. Destroying it revokes all of its keys at once.",
  attributes: {
    id: string({ computed: true, description: "The user's number on the server, which keys refer to." }),
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
    created_at: string({ computed: true, nullable: true, description: "When the user was made (RFC 3339)." }),
  },
});

type UserState = State<typeof userSchema>;

const resource = resourcesOf<Client>();

/** Resource `keyward_user`. */
export const user = resource({
  typeName: "keyward_user",
  schema: userSchema,

  async read({ state, client, signal }) {
    const row = await attempt("read the user", () => client.getUser(state.id, signal));
    return row === undefined ? null : toState(row, state);
  },

  async create({ plan, client, signal }) {
    const { name, displayname, email, enabled } = plan;
    const body = { name, type: userType.parse(plan.type), displayname, email, enabled };
    const id = await attempt("create the user", () => client.createUser(body, signal));
    const state: UserState = { ...plan, id, created_at: null };
    return withCreationTime(state, () => attempt("read the new user", () => client.getUser(id, signal)));
  },

  async update({ prior, plan, client, signal }) {
    const change: UserChange = {
      ...(plan.name === prior.name ? {} : { name: plan.name }),
      ...(plan.displayname === prior.displayname ? {} : { displayname: plan.displayname }),
      ...(plan.email === prior.email ? {} : { email: plan.email }),
      ...(plan.enabled === prior.enabled ? {} : { enabled: plan.enabled }),
    };
    await attempt("update the user", () => client.updateUser(prior.id, change, signal));
    return { ...plan, id: prior.id, created_at: prior.created_at };
  },

  async delete({ state, client, signal }) {
    await attempt("delete the user", () => client.deleteUser(state.id, signal));
  },

  async import({ id, client, signal }) {
    const row = await attempt("import the user", () => client.getUser(id, signal));
    return row === undefined ? null : toState(row, undefined);
  },
});

/** The state that a row stands for; where the present state says the same in other words, its spelling is kept. */
function toState(row: UserAnswer, state: UserState | undefined): UserState {
  return {
    id: String(row.$key),
    name: sameText(row.name, state?.name),
    type: row.type,
    displayname: row.displayname,
    email: sameText(row.email, state?.email),
    enabled: row.enabled,
    created_at: formatTime(row.created),
  };
}

function sameText(text: string, inState: string | undefined): string {
  return inState !== undefined && inState.toLowerCase() === text ? inState : text;
}
