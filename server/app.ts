import { Hono, type MiddlewareHandler } from "hono";
import type { RouterRoute } from "hono/types";
import type { Logger } from "pino";
import type { Endpoint } from "../contract/endpoint.ts";
import { sessions } from "../contract/sessions.ts";
import { system } from "../contract/system.ts";
import { type AiRouterDependencies, mountAiRouter } from "./ai/ai-router.ts";
import { BodyMemory, limitBody, refuseDeclaredBeyond } from "./body-limit.ts";
import { consoleDependencies, mountConsole } from "./console/console.ts";
import { answerErrorPage, wantsPage } from "./console/error-page.tsx";
import { mountDocumentation } from "./documentation.ts";
import { ApiError, answerError, notFound } from "./errors.ts";
import type { Fence } from "./fence.ts";
import { ForwardAuth } from "./gate/forward-auth.ts";
import type { Gate } from "./gate/gate.ts";
import type { GateMetrics } from "./gate/metrics.ts";
import type { RightsMemory } from "./gate/rights-memory.ts";
import {
  type AuthenticationDependencies,
  acceptLogin,
  addressOf,
  findClientAddress,
  isEncrypted,
  requireLogin,
} from "./identity/authenticate.ts";
import { giveSessionCookie, takeSessionCookie } from "./identity/session-cookie.ts";
import { honoPath, mount, type RequestContext, type Router } from "./mount.ts";
import { mountRegistry } from "./registry.ts";
import { requestLog, type ServerEnvironment } from "./request-log.ts";
import {
  describeCaller,
  describeSystem,
  systemInformation,
  systemRowByKey,
  versionInformation,
} from "./system.ts";
import { everyTable } from "./tables/every-table.ts";
import { mountTable } from "./tables/mount-table.ts";
import { login, logout } from "./tables/sessions.ts";

/** Everything the API works with. */
export interface Dependencies
  extends AuthenticationDependencies,
    Pick<AiRouterDependencies, "upstreams" | "upstreamTimeoutMs"> {
  readonly logger: Logger;
  readonly gate: Gate;
  readonly rights: RightsMemory;
  readonly fence: Fence;
  readonly metrics: GateMetrics;
  /** Whether verdicts can be made from memory: what `/readyz` says. */
  readonly isReady: () => boolean;
  /** What `/metrics` answers: of this process, or of all that serve together. */
  readonly readMetrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
}

/** The API, and every endpoint in it. */
export interface App {
  readonly hono: Hono<ServerEnvironment>;
  readonly endpoints: readonly Endpoint[];
  readonly routes: readonly RouterRoute[];
  /** The gate's door, for whoever listens: most verdicts need nothing else. */
  readonly door: ForwardAuth;
}

const mebibyte = 1024 * 1024;

/** The longest body, in bytes. A chat carries everything that was said so far, and images. */
const bodyBytesMax = { login: 16 * 1024, usual: mebibyte, chat: 32 * mebibyte } as const;

/** The most that bodies of each kind may take of the memory together, in bytes; each process has as much. */
const bodyMemoryBytes = { open: 16 * mebibyte, usual: 32 * mebibyte, chats: 128 * mebibyte } as const;

/** Puts the API together: what every request goes through, in order, then every route. */
export function createApp(dependencies: Dependencies): App {
  const hono = new Hono<ServerEnvironment>();
  const router: Router = { hono, endpoints: [] };
  const { front, door } = standInFront(router, dependencies);
  const forPeople = consoleDependencies(dependencies);
  const answerFailure = (error: unknown, context: RequestContext) =>
    wantsPage(context) ? answerErrorPage(forPeople, error, context) : answerError(error, context);
  hono.onError(answerFailure);
  hono.notFound((context) => answerFailure(notFound(), context));
  hono.use(requestLog(dependencies.logger));
  hono.use(findClientAddress(dependencies.trustedProxies));
  hono.use("/api/*", forbidCaching);
  hono.use("/auth/*", forbidCaching);
  hono.use("/sys/*", forbidCaching);
  hono.use(refuseDeclaredBeyond(bodyBytesMaxOf));
  const openBodies = new BodyMemory(bodyMemoryBytes.open);
  hono.use(sessions.create.path, limitBody(bodyBytesMax.login, openBodies));
  mountLogin(router, dependencies);
  mountRegistry(router, dependencies.database);
  hono.use("/api/*", requireLogin(dependencies));
  hono.use("/auth/*", requireLogin(dependencies));
  hono.use("/sys/*", requireLogin(dependencies));
  hono.use("/version.json", acceptLogin(dependencies));
  hono.use("/api/*", limitBody(bodyBytesMax.usual, new BodyMemory(bodyMemoryBytes.usual)));
  mountSystem(router, dependencies);
  const chats = new BodyMemory(bodyMemoryBytes.chats);
  mountAiRouter(router, { ...dependencies, limitBody: limitBody(bodyBytesMax.chat, chats) });
  for (const table of everyTable) {
    mountTable(router, dependencies, table);
  }
  refuseOtherMethods(router);
  mountDocumentation(router);
  hono.use(limitBody(bodyBytesMax.usual, openBodies));
  mountConsole(router, forPeople);
  return { hono: front, door, endpoints: router.endpoints, routes: [...front.routes, ...hono.routes] };
}

/**
 * Puts the gate in front of everything else, in a router of its own: with a single route there is nothing to search, and
 * what the API does to each request takes longer than a verdict.
 */
function standInFront({ hono, endpoints }: Router, dependencies: Dependencies) {
  const front = new Hono<ServerEnvironment>();
  const door = new ForwardAuth(dependencies);
  door.mount({ hono: front, endpoints });
  front.notFound((context) => hono.fetch(context.req.raw, context.env));
  return { front, door };
}

/** Before authentication, since it is what authenticates: a wrong cookie must not stand in the way of a new login. */
function mountLogin(router: Router, dependencies: Dependencies): void {
  const { trustedProxies, clock } = dependencies;
  mount(router, sessions.create, async (context, { body }) => {
    const { address } = addressOf(context, trustedProxies);
    const { answer, maxAgeSeconds } = await login(dependencies, body, address, clock());
    giveSessionCookie(context, isEncrypted(context, dependencies), answer.$key, maxAgeSeconds);
    return answer;
  });
}

function mountSystem(router: Router, dependencies: Dependencies): void {
  const { database, clock, trustedProxies } = dependencies;
  mount(router, system.health, () => ({ status: "ok" }));
  mount(router, system.ready, () => {
    if (!dependencies.isReady()) {
      throw new ApiError("unavailable", "the lease is not held, so no verdict is made from memory");
    }
    return { status: "ready" };
  });
  mount(router, system.metrics, async (context) => {
    const { text, contentType } = await dependencies.readMetrics();
    return context.body(text, 200, { "Content-Type": contentType });
  });
  mount(router, system.version, () => versionInformation());
  mount(router, system.get, async () => [await systemInformation(database)]);
  mount(router, system.schema, (context) => describeSystem(database, context.var.principal));
  mount(router, system.getRow, (_, { params }) => systemRowByKey(database, params.key));
  mount(router, system.whoami, (context) =>
    describeCaller(database, context.var.principal, addressOf(context, trustedProxies)),
  );
  for (const endpoint of [sessions.delete, sessions.deleteAtLocation]) {
    mount(router, endpoint, async (context, { params }) => {
      await logout(database, context.var.principal, params.token, clock());
      takeSessionCookie(context, isEncrypted(context, dependencies));
      return {};
    });
  }
}

/** RFC 9110 section 15.5.6: a path that exists answers another method with 405 and the methods that it has. */
function refuseOtherMethods({ hono, endpoints }: Router): void {
  for (const { path } of endpoints) {
    const methods = endpoints
      .filter((endpoint) => endpoint.path === path)
      .map(({ method }) => method.toUpperCase());
    const allow = methods.join(", ");
    hono.all(honoPath(path), () => {
      throw new ApiError("method_not_allowed", `this path takes ${allow} only`, { Allow: allow });
    });
  }
}

/** RFC 9111 section 5.2.2.5: no cache on the way may keep an answer that holds a secret, or whose rows may be stale. */
const forbidCaching: MiddlewareHandler<ServerEnvironment> = async (context, next) => {
  // Before the answer is made: a header that is added to one that is made has it made again.
  context.header("Cache-Control", "no-store");
  await next();
};

function bodyBytesMaxOf(path: string): number {
  if (path === sessions.create.path) {
    return bodyBytesMax.login;
  }
  return path.startsWith("/v1/") ? bodyBytesMax.chat : bodyBytesMax.usual;
}
