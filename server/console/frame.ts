import { getCookie } from "hono/cookie";
import type { Principal } from "../access/principal.ts";
import type { ConsoleContext, ConsoleDependencies, PageFrame, Theme } from "./console-request.ts";

/** The cookie that keeps how the console is to look; scripts and the server may both read it. */
export const themeCookie = "keyward-theme";

/** The theme of this name; that of the viewer's system for any other. */
export function themeOf(name: string | undefined): Theme {
  return name === "light" || name === "dark" ? name : "system";
}

/** What is around the screen that answers a request. */
export async function frameOf(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
): Promise<PageFrame> {
  const principal: Principal | undefined = context.get("principal");
  const { pathname, search } = new URL(context.req.url);
  return {
    assets: await dependencies.assets(),
    theme: themeOf(getCookie(context, themeCookie)),
    here: pathname + search,
    viewer: principal === undefined ? undefined : principal.user,
    nowSeconds: Math.floor(dependencies.clock() / 1000),
  };
}
