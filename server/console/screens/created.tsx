import { isEncrypted } from "../../identity/authenticate.ts";
import { declaredOf } from "../api-key-row.ts";
import { CreatedDialog } from "../components/created-dialog.tsx";
import type { ConsoleContext, ConsoleDependencies, PageFrame } from "../console-request.ts";
import { apiKeyScreen } from "./api-key.tsx";

/** The page that answers a create or a rotation: the new key's own, under the dialog that shows its secret once. */
export function createdScreen(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
  made: { readonly $key: string; readonly key: string; readonly warnings?: readonly string[] | undefined },
) {
  const scheme = isEncrypted(context, dependencies) ? "https" : "http";
  const origin = `${scheme}://${context.req.header("Host") ?? ""}`;
  const here = `/api-keys/${made.$key}`;
  return apiKeyScreen(
    dependencies,
    context,
    { ...frame, here },
    {
      key: made.$key,
      dialog: (apiKey) => (
        <CreatedDialog
          secret={made.key}
          declared={declaredOf(apiKey)}
          origin={origin}
          warnings={(made.warnings ?? []).map((warning) => warning.replace(/^\w+: /, ""))}
        />
      ),
    },
  );
}
