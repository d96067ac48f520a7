import { Command } from "commander";
import { readConfig } from "../server/config.ts";
import { UsageError } from "./usage-error.ts";

/** `keyward admin`: what is done on the database itself, by whoever has it. */
export function adminCommands(): Command {
  const admin = new Command("admin").description(
    "work on the database itself; on an embedded one, stop the server first",
  );
  admin
    .command("reset-password [user]")
    .description(
      "give a user (admin) a new random password, shown this once; enables and unlocks it, ends its sessions",
    )
    .action(reset);
  return admin;
}

async function reset(name = "admin"): Promise<void> {
  const { openDatabase } = await import("../server/serve.ts");
  const { createPassword } = await import("../server/identity/passwords.ts");
  const { resetPassword } = await import("../server/tables/reset-password.ts");
  const opened = await openDatabase(readConfig(process.env));
  try {
    const password = createPassword();
    if (!(await resetPassword(opened.database, name, password, Date.now()))) {
      throw new UsageError(`there is no user ${JSON.stringify(name)}`);
    }
    process.stdout.write(`${password}\n`);
  } finally {
    await opened.close();
  }
}
