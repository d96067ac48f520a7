import type { MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { html } from "hono/html";
import { newSession } from "../../contract/sessions.ts";
import { ApiError } from "../errors.ts";
import { addressOf, isEncrypted, sessionOf } from "../identity/authenticate.ts";
import {
  giveSessionCookie,
  refuseForgedRequest,
  sessionCookie,
  takeSessionCookie,
} from "../identity/session-cookie.ts";
import type { ServerEnvironment } from "../request-log.ts";
import { login, logout } from "../tables/sessions.ts";
import { parseInput } from "../validation.ts";
import type { ConsoleContext, ConsoleDependencies } from "./console-request.ts";
import { readForm, safePath } from "./form-data.ts";
import { frameOf, themeCookie, themeOf } from "./frame.ts";
import { type LoginProps, LoginScreen, ResumeScreen } from "./screens/login.tsx";

/** Refuses every change that another site makes a browser send, signed in or not: also the sign-in itself. */
export const refuseForgery: MiddlewareHandler<ServerEnvironment> = async (context, next) => {
  refuseForgedRequest(context);
  await next();
};

/**
 * Lets only those through who are signed in. Others are asked to sign in and come back to where they were; what they had
 * filled in comes along.
 */
export function requireSession(dependencies: ConsoleDependencies): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    const principal = await sessionOf(dependencies, context);
    if (principal !== undefined) {
      context.set("principal", principal);
      return await next();
    }
    const { pathname, search } = new URL(context.req.url);
    if (!["GET", "HEAD"].includes(context.req.method)) {
      const carried = (await readForm(context)).carried();
      return answerLogin(dependencies, context, { next: pathname, carried, notice: ended }, 401);
    }
    if (context.req.header("Sec-Fetch-Site") === "cross-site" && !hasCookie(dependencies, context)) {
      return askAgain(context, pathname + search);
    }
    const query = new URLSearchParams({ next: pathname + search });
    if (hasCookie(dependencies, context)) {
      query.set("ended", "yes");
    }
    return context.redirect(pathname === "/" ? "/login" : `/login?${query}`, 303);
  };
}

const ended = "Your session has ended. Sign in to go on where you were.";

function hasCookie(dependencies: ConsoleDependencies, context: ConsoleContext): boolean {
  return getCookie(context, sessionCookie(isEncrypted(context, dependencies))) !== undefined;
}

/**
 * A browser that follows a link of another site leaves the session's cookie behind (SameSite=Strict). Asked for again by a
 * page of ours, it brings it, so that nobody who is signed in is asked to sign in.
 */
function askAgain(context: ConsoleContext, here: string): Response | Promise<Response> {
  return context.html(html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="refresh" content="0; url=${safePath(here)}" />
    <title>Keyward</title>
  </head>
  <body>
    <p><a href="${safePath(here)}">Go on to Keyward</a></p>
  </body>
</html>`);
}

/** The sign-in page; whoever is signed in already goes on. */
export async function showLogin(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
): Promise<Response> {
  const next = safePath(context.req.query("next"));
  if ((await sessionOf(dependencies, context)) !== undefined) {
    return context.redirect(next, 303);
  }
  const notice = context.req.query("ended") === "yes" ? ended : undefined;
  return answerLogin(dependencies, context, { next, notice: notice ?? signedOut(context) }, 200);
}

function signedOut(context: ConsoleContext): string | undefined {
  return context.req.query("done") === "signed-out" ? "You are signed out." : undefined;
}

/** Signs in, and goes back to where the sign-in was asked for, or to the form whose fields came along. */
export async function signIn(dependencies: ConsoleDependencies, context: ConsoleContext): Promise<Response> {
  const form = await readForm(context);
  const { trustedProxies, clock } = dependencies;
  const given = { login: form.text("login"), password: form.text("password") };
  const [next, carried] = [safePath(form.text("next")), form.text("carried")];
  try {
    const { address } = addressOf(context, trustedProxies);
    const { answer, maxAgeSeconds } = await login(
      dependencies,
      parseInput(newSession, given),
      address,
      clock(),
    );
    giveSessionCookie(context, isEncrypted(context, dependencies), answer.$key, maxAgeSeconds);
  } catch (error) {
    if (error instanceof ApiError && ["unauthorized", "too_many_requests", "invalid"].includes(error.code)) {
      const status = error.code === "too_many_requests" ? 429 : 401;
      const message = error.code === "unauthorized" ? wrong : error.message;
      return answerLogin(
        dependencies,
        context,
        { next, carried, login: given.login, error: message },
        status,
      );
    }
    throw error;
  }
  if (carried === "") {
    return context.redirect(next, 303);
  }
  const frame = { ...(await frameOf(dependencies, context)), here: next };
  return context.html(<ResumeScreen frame={frame} next={next} carried={carried} />);
}

const wrong = "The user name or the password is wrong, or the user is disabled.";

async function answerLogin(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
  props: Omit<LoginProps, "frame" | "isOpen">,
  status: 200 | 401 | 429,
  theme?: string,
): Promise<Response> {
  const { next, carried } = props;
  const here = next === "/" ? "/login" : `/login?${new URLSearchParams({ next })}`;
  const frame = await frameOf(dependencies, context);
  const chosen = theme === undefined ? frame.theme : themeOf(theme);
  const shown = { ...frame, theme: chosen, here, carried: carried || undefined };
  return context.html(
    <LoginScreen frame={shown} {...props} isOpen={isOpenToOthers(dependencies, context)} />,
    status,
  );
}

/** Plain HTTP, but for the machine itself, whose traffic nobody else sees. */
function isOpenToOthers(dependencies: ConsoleDependencies, context: ConsoleContext): boolean {
  const { hostname } = new URL(context.req.url);
  const isHere = hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  return !isHere && !isEncrypted(context, dependencies);
}

/** Signs out: the session ends on the server, if it has not ended by itself, and its cookie goes. */
export async function signOut(dependencies: ConsoleDependencies, context: ConsoleContext): Promise<Response> {
  const principal = await sessionOf(dependencies, context);
  if (principal !== undefined) {
    await logout(dependencies.database, principal, "self", dependencies.clock());
  }
  takeSessionCookie(context, isEncrypted(context, dependencies));
  return context.redirect("/login?done=signed-out", 303);
}

/** Keeps how the console is to look, for a year. */
export async function chooseTheme(
  dependencies: ConsoleDependencies,
  context: ConsoleContext,
): Promise<Response> {
  const form = await readForm(context);
  setCookie(context, themeCookie, themeOf(form.text("theme")), {
    path: "/",
    sameSite: "Lax",
    maxAge: 31_536_000,
  });
  const [next, carried] = [safePath(form.text("next")), form.text("carried")];
  if (carried === "") {
    return context.redirect(next, 303);
  }
  // The fields of a form that waits for the sign-in are in no address, so the page that has them is answered again.
  const after = safePath(new URL(next, "http://here.invalid").searchParams.get("next") ?? undefined);
  return answerLogin(dependencies, context, { next: after, carried, notice: ended }, 200, form.text("theme"));
}
