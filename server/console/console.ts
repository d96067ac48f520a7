import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { HtmlEscapedString } from "hono/utils/html";
import { notFound } from "../errors.ts";
import type { Router } from "../mount.ts";
import type { ServerEnvironment } from "../request-log.ts";
import { assetReader, assetsPath, readAsset } from "./assets.ts";
import type { ConsoleContext, ConsoleDependencies, PageFrame } from "./console-request.ts";
import { frameOf } from "./frame.ts";
import { apiKeyScreen } from "./screens/api-key.tsx";
import { createKey, editKeyScreen, newKeyScreen, saveKey } from "./screens/api-key-form.tsx";
import { apiKeysScreen } from "./screens/api-keys.tsx";
import { deleteKeys, deleteScreen } from "./screens/delete.tsx";
import { logsScreen } from "./screens/logs.tsx";
import { rotateKey, rotateScreen } from "./screens/rotate.tsx";
import { changeUser, userScreen } from "./screens/user.tsx";
import { usersScreen } from "./screens/users.tsx";
import { chooseTheme, refuseForgery, requireSession, showLogin, signIn, signOut } from "./sign-in.tsx";

/** Adds to what the API works with what the console needs beside it. */
export function consoleDependencies(dependencies: Omit<ConsoleDependencies, "assets">): ConsoleDependencies {
  return { ...dependencies, assets: assetReader() };
}

/**
 * Nothing from elsewhere, nothing inline. The script is our own file, so that whatever gets into a page as text cannot run.
 */
const policy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", "data:"],
  connectSrc: ["'self'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
};

/** The headers of every page: what it may load and do, and that nobody keeps it. */
const pageHeaders = secureHeaders({
  contentSecurityPolicy: policy,
  referrerPolicy: "same-origin",
  xFrameOptions: "DENY",
  // Whether a host speaks TLS for good is for its owner to say.
  strictTransportSecurity: false,
  permissionsPolicy: { camera: [], geolocation: [], microphone: [] },
});

const neverStore: MiddlewareHandler<ServerEnvironment> = async (context, next) => {
  await next();
  context.header("Cache-Control", "no-store");
};

/** Mounts the console: the pages for people, on the same use cases as the API. */
export function mountConsole({ hono }: Pick<Router, "hono">, dependencies: ConsoleDependencies): void {
  hono.get(`${assetsPath}/:name`, (context) => answerAsset(dependencies, context));
  const open = [pageHeaders, neverStore, refuseForgery] as const;
  const screen = (show: Screen) => async (context: ConsoleContext) =>
    context.html(await show(dependencies, context, await frameOf(dependencies, context)));
  const change = (run: Change) => async (context: ConsoleContext) =>
    run(dependencies, context, await frameOf(dependencies, context));

  hono.get("/login", ...open, (context) => showLogin(dependencies, context));
  hono.post("/login", ...open, (context) => signIn(dependencies, context));
  hono.post("/theme", ...open, (context) => chooseTheme(dependencies, context));

  const closed = [...open, requireSession(dependencies)] as const;
  hono.get("/", ...closed, (context) => context.redirect(`/users/${context.var.principal.user.key}`, 303));
  hono.post("/logout", ...closed, (context) => signOut(dependencies, context));
  hono.get("/users", ...closed, screen(usersScreen));
  hono.get("/users/:key", ...closed, screen(userScreen));
  hono.post("/users/:key", ...closed, change(changeUser));
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
  const asset = await readAsset(await dependencies.assets(), context.req.param("name") ?? "");
  if (asset === undefined) {
    throw notFound();
  }
  return context.body(new Uint8Array(asset.content), 200, {
    "Content-Type": asset.type,
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
  });
}
