import { isEncrypted } from "../../identity/authenticate.ts";
import { declaredOf, type MadeKey } from "../api-key-row.ts";
import { CreatedDialog } from "../components/created-dialog.tsx";
import { ExactTime } from "../components/time.tsx";
import type { ConsoleContext, ConsoleDependencies, PageFrame } from "../console-request.ts";
import { apiKeyScreen } from "./api-key.tsx";

/** The page that answers a create or a rotation: the new key's own, under the dialog that shows its secret once. */
export function createdScreen(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
  made: MadeKey,
) {
  const scheme = isEncrypted(context, dependencies) ? "https" : "http";
  const origin = `${scheme}://${context.req.header("Host") ?? ""}`;
  const here = `/api-keys/${made.$key}`;
  const { predecessor } = made;
  return apiKeyScreen(
    dependencies,
    context,
    { ...frame, here, isOnce: true },
    {
      key: made.$key,
      dialog: (apiKey) => (
        <CreatedDialog
          secret={made.key}
          href={here}
          name={apiKey.name}
          declared={declaredOf(apiKey)}
          origin={origin}
          warnings={(made.warnings ?? []).map((warning) => warning.replace(/^\w+: /, ""))}
          predecessor={
            predecessor === undefined ? undefined : <Predecessor {...predecessor} now={frame.nowSeconds} />
          }
        />
      ),
    },
  );
}

/** Until when the old secret works, and where to see whether it is still used. */
function Predecessor(props: {
  readonly $key: number;
  readonly name: string;
  readonly expires: number;
  readonly now: number;
}) {
  const { $key: key, name, expires, now } = props;
  return (
    <div>
      <p class="label">The old secret</p>
      <p>
        {expires <= now ? "It is refused from now on: " : "It works on, as "}
        <a href={`/api-keys/${key}`} target="_blank" rel="noopener">
          <bdi>{name}</bdi>
        </a>
        {expires <= now ? null : (
          <>
            , and ends <ExactTime seconds={expires} now={now} />
          </>
        )}
      </p>
    </div>
  );
}
