import { isUtf8 } from "node:buffer";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import type { Address, AddressRule } from "../../contract/address-rule.ts";
import type { users } from "../../drizzle/schema.ts";
import type { Principal } from "../access/principal.ts";
import type { Database } from "../database.ts";
import type { ServerEnvironment } from "../request-log.ts";
import { admit, loginRequired } from "./admit.ts";
import type { Attempts } from "./attempts.ts";
import { clientAddress, type FoundAddress, showAddress } from "./client-address.ts";
import type { Verdict } from "./judge-key.ts";
import type { LoginRecorder } from "./logins.ts";
import type { Peppers } from "./secrets.ts";
import { refuseForgedRequest, sessionCookie } from "./session-cookie.ts";
import { findSession, tokenPattern } from "./sessions.ts";
import { verifyPassword } from "./verify-password.ts";

/** What authentication works with. */
export interface AuthenticationDependencies {
  readonly database: Database;
  /** Decides about keys, for the API as for gateways. */
  readonly gate: {
    /**
     * Throws where there is no verdict: `unavailable`, or `too_many_requests` for whoever tries key after key. `hasGrace`
     * says whether a verdict may be late by as much as the operator allows when the database is lost.
     */
    verify(secret: string, address: Address | undefined, hasGrace?: boolean): Verdict | Promise<Verdict>;
  };
  readonly logins: LoginRecorder;
  readonly attempts: Attempts;
  readonly peppers: Peppers;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly trustedProxies: readonly AddressRule[];
  /** Whether the server itself speaks TLS. */
  readonly isTls: boolean;
}

/** Finds out the caller's address, for the log and for the address rules of keys. Runs on every request. */
export function findClientAddress(
  trustedProxies: readonly AddressRule[],
): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    context.set("clientAddress", showAddress(addressOf(context, trustedProxies).address));
    await next();
  };
}

/**
 * Lets only those through who prove who they are: by HTTP Basic (RFC 7617), by Bearer (RFC 6750) with a key or a
 * session's token, by VergeOS' header for tokens, or by the console's cookie. The first of these that is there counts;
 * when it is wrong, none of the others is tried.
 */
export function requireLogin(dependencies: AuthenticationDependencies): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    await authenticate(dependencies, context);
    await next();
  };
}

/** The same for a path that is open to all: credentials are not needed, but wrong ones are refused. */
export function acceptLogin(dependencies: AuthenticationDependencies): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    const given = [context.req.header("Authorization"), context.req.header("x-yottabyte-token")];
    if (given.some((credential) => credential !== undefined)) {
      await authenticate(dependencies, context);
    }
    await next();
  };
}

/**
 * Whose session the console's cookie names; undefined without one, and for one that has ended. Nothing else is looked at:
 * a browser sends HTTP Basic by itself where it has once been told to, also when another site asks.
 */
export async function sessionOf(
  dependencies: AuthenticationDependencies,
  context: Context<ServerEnvironment>,
): Promise<Principal | undefined> {
  const token = getCookie(context, sessionCookie(isEncrypted(context, dependencies)));
  const user =
    token === undefined
      ? undefined
      : await findSession(dependencies.database, token, Math.floor(dependencies.clock() / 1000));
  const { address } = addressOf(context, dependencies.trustedProxies);
  return user === undefined ? undefined : { ...principalOf(user, address), sessionToken: token };
}

/** The caller's address, and the proxies that were believed to find it. */
export function addressOf(
  context: Context<ServerEnvironment>,
  trustedProxies: readonly AddressRule[],
): FoundAddress {
  const socketAddress = context.env?.incoming?.socket.remoteAddress;
  return clientAddress(socketAddress, context.req.header("X-Forwarded-For"), trustedProxies);
}

/** Whether the caller's connection is encrypted: by the server itself, or by a trusted proxy that says so. */
export function isEncrypted(
  context: Context<ServerEnvironment>,
  { isTls, trustedProxies }: Pick<AuthenticationDependencies, "isTls" | "trustedProxies">,
): boolean {
  const isProxied = addressOf(context, trustedProxies).proxies.length > 0;
  return isTls || (isProxied && context.req.header("X-Forwarded-Proto") === "https");
}

async function authenticate(
  dependencies: AuthenticationDependencies,
  context: Context<ServerEnvironment>,
): Promise<void> {
  const { address } = addressOf(context, dependencies.trustedProxies);
  const authorization = context.req.header("Authorization");
  const token = context.req.header("x-yottabyte-token");
  const cookie = getCookie(context, sessionCookie(isEncrypted(context, dependencies)));
  if (authorization !== undefined) {
    context.set("principal", await byAuthorization(dependencies, authorization, address));
  } else if (token !== undefined) {
    context.set("principal", await bySession(dependencies, token, address));
  } else if (cookie !== undefined) {
    refuseForgedRequest(context);
    context.set("principal", await bySession(dependencies, cookie, address));
  } else {
    throw loginRequired();
  }
}

function byAuthorization(
  dependencies: AuthenticationDependencies,
  authorization: string,
  address: Address | undefined,
): Promise<Principal> {
  const [, scheme = "", credentials = ""] = /^([A-Za-z]+) +(\S+) *$/.exec(authorization) ?? [];
  switch (scheme.toLowerCase()) {
    case "bearer":
      return tokenPattern.test(credentials)
        ? bySession(dependencies, credentials, address)
        : byKey(dependencies, credentials, address);
    case "basic":
      return byPassword(dependencies, credentials, address);
    default:
      throw loginRequired();
  }
}

async function byKey(
  { gate, logins, clock }: AuthenticationDependencies,
  secret: string,
  address: Address | undefined,
): Promise<Principal> {
  // What is done through the API lasts, so nobody may do it by a verdict that is late.
  return admit(logins, await gate.verify(secret, address, false), address, clock());
}

async function byPassword(
  { database, logins, attempts, clock }: AuthenticationDependencies,
  credentials: string,
  address: Address | undefined,
): Promise<Principal> {
  const decoded = decodeBasic(credentials);
  const colon = decoded.indexOf(":");
  if (colon < 1) {
    throw loginRequired();
  }
  const name = decoded.slice(0, colon);
  const nowMs = clock();
  const user = await verifyPassword(database, attempts, {
    name,
    password: decoded.slice(colon + 1),
    address,
    nowMs,
  });
  const login = { stamp: Math.floor(nowMs / 1000), address: showAddress(address) };
  logins.recordUser(user.key, { ...login, user: user.name, userKey: user.key });
  return principalOf(user, address);
}

/** UTF-8 as RFC 7617 has it; where the bytes are none, Latin-1, which browsers' `btoa` makes. */
function decodeBasic(credentials: string): string {
  const bytes = Buffer.from(credentials, "base64");
  return isUtf8(bytes) ? bytes.toString("utf8") : bytes.toString("latin1");
}

async function bySession(
  { database, clock, logins }: AuthenticationDependencies,
  token: string,
  address: Address | undefined,
): Promise<Principal> {
  const nowSeconds = Math.floor(clock() / 1000);
  const user = await findSession(database, token, nowSeconds);
  if (user === undefined) {
    logins.recordUnknown(nowSeconds, showAddress(address));
    throw loginRequired();
  }
  return { ...principalOf(user, address), sessionToken: token };
}

function principalOf(user: typeof users.$inferSelect, address: Address | undefined): Principal {
  const { key, name, identity, physicalAccess } = user;
  return {
    user: { key, name, identity, hasPhysicalAccess: physicalAccess },
    apiKey: undefined,
    sessionToken: undefined,
    address: showAddress(address),
  };
}
