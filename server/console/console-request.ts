import type { Context } from "hono";
import type { Fence } from "../fence.ts";
import type { AuthenticationDependencies } from "../identity/authenticate.ts";
import type { ServerEnvironment } from "../request-log.ts";
import type { TableRequest } from "../tables/serve-table.ts";
import type { AssetManifest } from "./assets.ts";

/** What the console works with: the same as the API. */
export interface ConsoleDependencies extends AuthenticationDependencies {
  readonly fence: Fence;
  /** Names of the script and the stylesheet. */
  readonly assets: () => Promise<AssetManifest>;
}

/** A request of the console. */
export type ConsoleContext = Context<ServerEnvironment>;

/** What a use case needs of a request. `once` makes it happen once; `version` is the ETag that the viewer has seen. */
export function tableRequest(
  { database, peppers, fence, clock }: ConsoleDependencies,
  context: ConsoleContext,
  { once, version }: { readonly once?: string; readonly version?: string } = {},
): TableRequest {
  return {
    database,
    peppers,
    fence,
    principal: context.var.principal,
    nowMs: clock(),
    ifMatch: version,
    idempotencyKey: once,
    isSecretRepeated: false,
  };
}

/** How the viewer wants the console to look. */
export type Theme = "system" | "light" | "dark";

/** What every page needs to know of its request. */
export interface PageFrame {
  readonly assets: AssetManifest;
  readonly theme: Theme;
  /** The path and query of the page, to come back to. */
  readonly here: string;
  /** Who is signed in; undefined where nobody is. */
  readonly viewer: { readonly key: number; readonly name: string } | undefined;
  /** Epoch seconds. */
  readonly nowSeconds: number;
  /** Fields of a form that waits for a sign-in: whatever leads away from the page takes them along. */
  readonly carried?: string | undefined;
  /** Whether the page can be shown once only, so that nothing on it may lead away by the way. */
  readonly isOnce?: boolean;
}
