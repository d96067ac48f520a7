import type { Context } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import { ApiError } from "../errors.ts";
import type { ServerEnvironment } from "../request-log.ts";

/**
 * The cookie's name. Over TLS browsers hold a `__Host-` cookie to this host, this path and secure connections (RFC
 * 6265bis section 4.1.3.2); without TLS they refuse to store one.
 */
export function sessionCookie(isSecure: boolean): string {
  return isSecure ? "__Host-keyward-session" : "keyward-session";
}

/** Hands a session to a browser, out of reach of scripts and of other sites. `maxAgeSeconds` is the session's. */
export function giveSessionCookie(
  context: Context<ServerEnvironment>,
  isSecure: boolean,
  token: string,
  maxAgeSeconds: number,
): void {
  setCookie(context, sessionCookie(isSecure), token, {
    httpOnly: true,
    sameSite: "Strict",
    secure: isSecure,
    path: "/",
    // Browsers keep a cookie for at most 400 days, and hono refuses to ask for more.
    maxAge: Math.min(maxAgeSeconds, 400 * 86_400),
  });
}

/** Takes the session from the browser. */
export function takeSessionCookie(context: Context<ServerEnvironment>, isSecure: boolean): void {
  deleteCookie(context, sessionCookie(isSecure), { path: "/", secure: isSecure });
}

/**
 * Refuses a change that another site makes a browser send with our cookie. SameSite=Strict stops it already; this holds
 * where a sister domain counts as the same site. Browsers set both headers themselves, out of reach of the page.
 */
export function refuseForgedRequest(context: Context<ServerEnvironment>): void {
  if (["GET", "HEAD"].includes(context.req.method)) {
    return;
  }
  const site = context.req.header("Sec-Fetch-Site");
  const origin = context.req.header("Origin");
  const isSameOrigin =
    site === undefined
      ? origin !== undefined && hostOf(origin) === context.req.header("Host")
      : site === "same-origin";
  if (!isSameOrigin) {
    throw new ApiError("forbidden", "a request with a session cookie must come from a page of this server");
  }
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
