import type { HtmlEscapedString } from "hono/utils/html";
import { notFound } from "../errors.ts";
import type { Router } from "../mount.ts";
import { assetReader, assetsPath, readAsset } from "./assets.ts";
import type { ConsoleContext, ConsoleDependencies, PageFrame } from "./console-request.ts";
import { frameOf } from "./frame.ts";
import { pageHeaders } from "./page-headers.ts";
import { apiKeyScreen } from "./screens/api-key.tsx";
import { createKey, editKeyScreen, newKeyScreen, saveKey } from "./screens/api-key-form.tsx";
import { apiKeysScreen } from "./screens/api-keys.tsx";
import { deleteKeys, deleteScreen } from "./screens/delete.tsx";
import { disableUserScreen } from "./screens/disable-user.tsx";
import { logsScreen } from "./screens/logs.tsx";
import { rotateKey, rotateScreen } from "./screens/rotate.tsx";
import { changeUser, userScreen } from "./screens/user.tsx";
import { usersScreen } from "./screens/users.tsx";
import { chooseTheme, refuseForgery, requireSession, showLogin, signIn, signOut } from "./sign-in.tsx";

/** Adds to what the API works with what the console needs beside it. */
export function consoleDependencies(dependencies: Omit<ConsoleDependencies, "assets">): ConsoleDependencies {
  return { ...dependencies, assets: assetReader() };
}

/** Mounts the console: the pages for people, on the same use cases as the API. */
export function mountConsole({ hono }: Pick<Router, "hono">, dependencies: ConsoleDependencies): void {
  hono.get(`${assetsPath}/:name`, (context) => answerAsset(dependencies, context));
  const open = [pageHeaders, refuseForgery] as const;
  const screen = (show: Screen) => async (context: ConsoleContext) =>
    context.html(await show(dependencies, context, await frameOf(dependencies, context)));
  const change = (run: Change) => async (context: ConsoleContext) =>
    run(dependencies, context, await frameOf(dependencies, context));

  hono.get("/login", ...open, (context) => showLogin(dependencies, context));
  hono.post("/login", ...open, (context) => signIn(dependencies, context));
  hono.post("/theme", ...open, (context) => chooseTheme(dependencies, context));
  hono.post("/logout", ...open, (context) => signOut(dependencies, context));

  const closed = [...open, requireSession(dependencies)] as const;
  hono.get("/", ...closed, (context) => context.redirect(`/users/${context.var.principal.user.key}`, 303));
  hono.get("/users", ...closed, screen(usersScreen));
  hono.get("/users/:key", ...closed, screen(userScreen));
  hono.post("/users/:key", ...closed, change(changeUser));
  hono.get("/users/:key/disable", ...closed, screen(disableUserScreen));
  hono.get("/users/:key/api-keys", ...closed, screen(apiKeysScreen));
  hono.get("/users/:key/api-keys/new", ...closed, screen(newKeyScreen));
  hono.post("/users/:key/api-keys/new", ...closed, change(createKey));
  hono.get("/api-keys", ...closed, screen(apiKeysScreen));
  hono.get("/api-keys/delete", ...closed, screen(deleteScreen));
  hono.post("/api-keys/delete", ...closed, change(deleteKeys));
  hono.get("/api-keys/:key", ...closed, screen(apiKeyScreen));
  hono.get("/api-keys/:key/edit", ...closed, screen(editKeyScreen));
  hono.post("/api-keys/:key/edit", ...closed, change(saveKey));
  hono.get("/api-keys/:key/rotate", ...closed, screen(rotateScreen));
  hono.post("/api-keys/:key/rotate", ...closed, change(rotateKey));
  hono.get("/logs", ...closed, screen(logsScreen));
}

type Screen = (
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
) => Promise<HtmlEscapedString | Promise<HtmlEscapedString>>;

type Change = (
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  frame: PageFrame,
) => Promise<Response>;

/** The name of a file holds a hash of its content, so a browser need never ask again. */
async function answerAsset(dependencies: ConsoleDependencies, context: ConsoleContext): Promise<Response> {
  const name = context.req.param("name") ?? "";
  const accepted = context.req.header("Accept-Encoding") ?? "";
  const asset = await readAsset(await dependencies.assets(), name, accepted);
  if (asset === undefined) {
    throw notFound();
  }
  return context.body(new Uint8Array(asset.content), 200, {
    ...asset.headers,
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
  });
}
