import { z } from "zod";
import { getRow } from "../../tables/serve-table.ts";
import { usersTable } from "../../tables/users.ts";
import { Page } from "../components/layout.tsx";
import {
  type ConsoleContext,
  type ConsoleDependencies,
  type PageFrame,
  tableRequest,
} from "../console-request.ts";
import { ownerCrumbs } from "./api-keys.tsx";

const row = z.object({ $key: z.number(), name: z.string(), key_count: z.number().nullable() });

/** Asks whether a user is to be disabled, and says what ends with that. */
export async function disableUserScreen(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
) {
  const request = tableRequest(dependencies, context);
  const found = await getRow(
    request,
    usersTable,
    context.req.param("key") ?? "",
    "$key,name,count(api_keys) as key_count",
  );
  const user = row.parse(found.row);
  const href = `/users/${user.$key}`;
  return (
    <Page
      frame={frame}
      title={{ before: "Disable ", name: user.name, after: "?" }}
      section="users"
      crumbs={ownerCrumbs(user)}
    >
      <form method="post" action={href} class="card stack narrow">
        <p>
          {keysText(user.key_count)} refused from that moment on, and so are the password and every session.
          Nothing is deleted: once the user is enabled again, what has not expired works as before.
        </p>
        <div class="actions end">
          <button type="submit" name="do" value="disable" class="danger filled">
            Disable user
          </button>
          <a class="button" href={href}>
            Cancel
          </a>
        </div>
      </form>
    </Page>
  );
}

function keysText(count: number | null): string {
  if (count === 1) {
    return "Its one API key is";
  }
  return count === null || count === 0
    ? "All API keys of the user are"
    : `All ${count} API keys of the user are`;
}
