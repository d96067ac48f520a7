import type { Client } from "../../client/client.ts";
import { RequestRefused } from "../../client/errors.ts";
import { formatTime } from "../../contract/time.ts";
import { textLiteral } from "../data-sources/filter.ts";
import { sentence } from "../failures.ts";
import { ProviderError } from "../plugin/diagnostics.ts";

/** Runs a call that gives a key its name. When the name is taken, the error says by which key, and the ways out. */
export async function explainTakenName<T>(
  client: Client,
  { user, name }: { readonly user: string; readonly name: string },
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ProviderError) || !isConflict(error.cause)) {
      throw error;
    }
    const holder = await findHolder(client, user, name);
    if (holder === undefined) {
      throw error;
    }
    throw new ProviderError(error.message, {
      attribute: "name",
      detail:
        `${sentence(error.cause.message)} It is key ${holder.$key}, made at ${formatTime(holder.created)}. If it is the same ` +
        `(left by an apply that was cut short, or made by hand), take it over: terraform import ADDRESS ${holder.$key}. ` +
        "With create_before_destroy, the new key always meets the old one: leave that out, and use rotation, which makes " +
        "the successor first, in place.",
      cause: error,
    });
  }
}

function isConflict(cause: unknown): cause is RequestRefused {
  return cause instanceof RequestRefused && cause.status === 409;
}

/** Whoever may not list it gets the server's own words alone. */
async function findHolder(client: Client, user: string, name: string) {
  try {
    const filter = `user eq ${user} and name eq ${textLiteral(name)}`;
    return (await client.listApiKeys({ filter })).find(
      (row) => row.name === name && String(row.user) === user,
    );
  } catch {
    return undefined;
  }
}
