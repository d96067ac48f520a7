import { Command } from "commander";
import type { Client, UserAnswer } from "../client/client.ts";
import { connect } from "./connection.ts";
import { formatTable, print, showTime } from "./output.ts";
import { UsageError } from "./usage-error.ts";

interface OutputOptions {
  readonly json?: boolean;
}

/** `keyward users`: the users on a running server. */
export function userCommands(): Command {
  const users = new Command("users").description(
    "list, create, enable, disable and delete users on a running server",
  );
  users
    .command("list")
    .description("list the users that you may see")
    .option("--json", "as JSON")
    .action(listUsers);
  users
    .command("create <name>")
    .description("make a user without a password, who authenticates with keys")
    .option("--type <type>", "normal, api or vdi", "api")
    .option("--email <address>", "e-mail address")
    .option("--json", "as JSON")
    .action(createUser);
  users
    .command("enable <name>")
    .description("let the user and its keys authenticate")
    .action((name: string) => setEnabled(name, true));
  users
    .command("disable <name>")
    .description("refuse the user and its keys from now on")
    .action((name: string) => setEnabled(name, false));
  users.command("delete <name>").description("delete the user and its keys").action(deleteUser);
  return users;
}

/** The user of this name. Throws {@link UsageError} when there is none that the caller may see. */
export async function findUser(client: Client, name: string): Promise<UserAnswer> {
  const quoted = name.toLowerCase().replaceAll("\\", "\\\\").replaceAll("'", "''");
  const [user] = await client.listUsers({ filter: `name eq '${quoted}'` });
  if (user === undefined) {
    throw new UsageError(`there is no user ${JSON.stringify(name)}, or it is not yours to see`);
  }
  return user;
}

async function listUsers(options: OutputOptions): Promise<void> {
  const users = await connect(process.env).listUsers();
  const rows = users.map((user) => ({
    key: user.$key,
    name: user.name,
    type: user.type,
    enabled: user.enabled,
    "last login": showTime(user.last_login, "never"),
  }));
  print(options.json, users, formatTable(rows, ["key", "name", "type", "enabled", "last login"]));
}

async function createUser(
  name: string,
  options: OutputOptions & { readonly type: string; readonly email?: string },
) {
  const type = (["normal", "api", "vdi"] as const).find((known) => known === options.type);
  if (type === undefined) {
    throw new UsageError(`--type must be normal, api or vdi, not ${JSON.stringify(options.type)}`);
  }
  const email = options.email === undefined ? {} : { email: options.email };
  const key = await connect(process.env).createUser({ name, type, ...email });
  print(options.json, { key }, `user ${key}\n`);
}

async function setEnabled(name: string, enabled: boolean): Promise<void> {
  const client = connect(process.env);
  const user = await findUser(client, name);
  await client.updateUser(String(user.$key), { enabled });
  process.stdout.write(`${enabled ? "enabled" : "disabled"} user ${user.name}\n`);
}

async function deleteUser(name: string): Promise<void> {
  const client = connect(process.env);
  const user = await findUser(client, name);
  await client.deleteUser(String(user.$key));
  process.stdout.write(`deleted user ${user.name}\n`);
}
