import { eq } from "drizzle-orm";
import type { Context, MiddlewareHandler } from "hono";
import type { Address, AddressRule } from "../../contract/address-rule.ts";
import { users } from "../../drizzle/schema.ts";
import type { Principal } from "../access/principal.ts";
import type { Database } from "../database.ts";
import type { ServerEnvironment } from "../request-log.ts";
import { clientAddress, showAddress } from "./client-address.ts";
import type { LoginRecorder } from "./logins.ts";
import { matchesPassword } from "./passwords.ts";
import { loginRequired, verifyApiKey } from "./verify-api-key.ts";

/** What authentication works with. */
export interface AuthenticationDependencies {
  readonly database: Database;
  readonly logins: LoginRecorder;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly trustedProxies: readonly AddressRule[];
}

/** Finds out the caller's address, for the log and for the address rules of keys. Runs on every request. */
export function findClientAddress(
  trustedProxies: readonly AddressRule[],
): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    const address = addressOf(context, trustedProxies);
    context.set("clientAddress", showAddress(address));
    await next();
  };
}

/** Lets only those through who prove who they are, by HTTP Basic (RFC 7617) or Bearer (RFC 6750). */
export function requireLogin(dependencies: AuthenticationDependencies): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    await authenticate(dependencies, context);
    await next();
  };
}

/** The same for a path that is open to all: credentials are not needed, but wrong ones are refused. */
export function acceptLogin(dependencies: AuthenticationDependencies): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    if (context.req.header("Authorization") !== undefined) {
      await authenticate(dependencies, context);
    }
    await next();
  };
}

async function authenticate(
  dependencies: AuthenticationDependencies,
  context: Context<ServerEnvironment>,
): Promise<void> {
  const [, scheme = "", credentials = ""] =
    /^([A-Za-z]+) +(\S+) *$/.exec(context.req.header("Authorization") ?? "") ?? [];
  const address = addressOf(context, dependencies.trustedProxies);
  switch (scheme.toLowerCase()) {
    case "bearer":
      context.set("principal", await byApiKey(dependencies, credentials, address));
      return;
    case "basic":
      context.set("principal", await byPassword(dependencies, credentials, address));
      return;
    default:
      throw loginRequired();
  }
}

async function byApiKey(
  { database, logins, clock }: AuthenticationDependencies,
  secret: string,
  address: Address | undefined,
): Promise<Principal> {
  const nowSeconds = Math.floor(clock() / 1000);
  const principal = await verifyApiKey(database, secret, address, nowSeconds);
  if (principal.apiKey !== undefined) {
    logins.recordKey(principal.apiKey.key, { stamp: nowSeconds, address: principal.address });
  }
  return principal;
}

async function byPassword(
  { database, logins, clock }: AuthenticationDependencies,
  credentials: string,
  address: Address | undefined,
): Promise<Principal> {
  const decoded = Buffer.from(credentials, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  const name = decoded.slice(0, Math.max(colon, 0)).toLowerCase();
  const password = decoded.slice(colon + 1);
  const user = await findUser(database, name);
  const isProved = await matchesPassword(password, user?.passwordHash);
  if (colon < 1 || user === undefined || !isProved || !user.enabled) {
    throw loginRequired();
  }
  const shown = showAddress(address);
  logins.recordUser(user.key, { stamp: Math.floor(clock() / 1000), address: shown });
  return {
    user: { key: user.key, name: user.name, isSystemAdministrator: user.physicalAccess },
    apiKey: undefined,
    address: shown,
  };
}

async function findUser(database: Database, name: string) {
  // Postgres text holds no NUL, and no stored name does: asking for one would be an error of the statement.
  if (name.includes("\0")) {
    return undefined;
  }
  const [user] = await database.select().from(users).where(eq(users.name, name));
  return user;
}

function addressOf(
  context: Context<ServerEnvironment>,
  trustedProxies: readonly AddressRule[],
): Address | undefined {
  const socketAddress = context.env?.incoming?.socket.remoteAddress;
  return clientAddress(socketAddress, context.req.header("X-Forwarded-For"), trustedProxies);
}
