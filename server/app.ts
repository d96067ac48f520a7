import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import type { Logger } from "pino";
import { system } from "../contract/system.ts";
import { userApiKeys } from "../contract/user-api-keys.ts";
import { users } from "../contract/users.ts";
import { ApiError, answerError, notFound } from "./errors.ts";
import {
  type AuthenticationDependencies,
  acceptLogin,
  findClientAddress,
  requireLogin,
} from "./identity/authenticate.ts";
import { requestLog, type ServerEnvironment } from "./request-log.ts";
import { systemInformation, versionInformation } from "./system.ts";
import { pageOf } from "./tables/row.ts";
import { createApiKey, deleteApiKey, getApiKey, listApiKeys, updateApiKey } from "./tables/user-api-keys.ts";
import { createUser, deleteUser, getUser, listUsers, updateUser } from "./tables/users.ts";
import { refuseInvalid } from "./validation.ts";

/** Everything the API works with. */
export interface Dependencies extends AuthenticationDependencies {
  readonly logger: Logger;
}

type App = OpenAPIHono<ServerEnvironment>;

const bodyBytesMax = 1024 * 1024;

/** Puts the API together: what every request goes through, in order, then every route. */
export function createApp(dependencies: Dependencies): App {
  const app: App = new OpenAPIHono<ServerEnvironment>({ defaultHook: refuseInvalid });
  app.onError(answerError);
  app.notFound((context) => answerError(notFound(), context));
  app.use(requestLog(dependencies.logger));
  app.use(findClientAddress(dependencies.trustedProxies));
  app.use(bodyLimit({ maxSize: bodyBytesMax, onError: refuseLargeBody }));
  app.use("/api/*", requireLogin(dependencies));
  app.use("/version.json", acceptLogin(dependencies));
  app.use("/api/*", async (context, next) => {
    await next();
    // RFC 9111 section 5.2.2.5: no cache on the way may keep an answer that holds a secret, or whose rows may be stale.
    context.header("Cache-Control", "no-store");
  });
  mountSystem(app);
  mountUsers(app, dependencies);
  mountUserApiKeys(app, dependencies);
  return app;
}

function mountSystem(app: App): void {
  app.openapi(createRoute(system.health), (context) => context.json({ status: "ok" as const }, 200));
  app.openapi(createRoute(system.version), (context) => context.json(versionInformation(), 200));
  app.openapi(createRoute(system.get), (context) => context.json([systemInformation()], 200));
}

function mountUsers(app: App, { database, clock }: Dependencies): void {
  app.openapi(createRoute(users.list), async (context) => {
    const page = pageOf(context.req.valid("query"));
    return context.json(await listUsers(database, context.var.principal, page), 200);
  });
  app.openapi(createRoute(users.create), async (context) => {
    const input = context.req.valid("json");
    return context.json(await createUser(database, context.var.principal, input, clock()), 201);
  });
  app.openapi(createRoute(users.get), async (context) => {
    const { key } = context.req.valid("param");
    return context.json(await getUser(database, context.var.principal, key), 200);
  });
  app.openapi(createRoute(users.update), async (context) => {
    const { key } = context.req.valid("param");
    const input = context.req.valid("json");
    return context.json(await updateUser(database, context.var.principal, key, input, clock()), 200);
  });
  app.openapi(createRoute(users.delete), async (context) => {
    const { key } = context.req.valid("param");
    await deleteUser(database, context.var.principal, key, clock());
    return context.json({}, 200);
  });
}

function mountUserApiKeys(app: App, { database, clock }: Dependencies): void {
  app.openapi(createRoute(userApiKeys.list), async (context) => {
    const page = pageOf(context.req.valid("query"));
    return context.json(await listApiKeys(database, context.var.principal, page), 200);
  });
  app.openapi(createRoute(userApiKeys.create), async (context) => {
    const input = context.req.valid("json");
    return context.json(await createApiKey(database, context.var.principal, input, clock()), 201);
  });
  app.openapi(createRoute(userApiKeys.get), async (context) => {
    const { key } = context.req.valid("param");
    return context.json(await getApiKey(database, context.var.principal, key), 200);
  });
  app.openapi(createRoute(userApiKeys.update), async (context) => {
    const { key } = context.req.valid("param");
    const input = context.req.valid("json");
    return context.json(await updateApiKey(database, context.var.principal, key, input, clock()), 200);
  });
  app.openapi(createRoute(userApiKeys.delete), async (context) => {
    const { key } = context.req.valid("param");
    await deleteApiKey(database, context.var.principal, key, clock());
    return context.json({}, 200);
  });
}

function refuseLargeBody(): never {
  throw new ApiError("payload_too_large", `body: is larger than ${bodyBytesMax} bytes`);
}
