import { randomUUID } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import type { MiddlewareHandler } from "hono";
import type { Logger } from "pino";
import type { Principal } from "./access/principal.ts";

/** What each request carries besides itself, in Hono's terms. */
export interface ServerEnvironment {
  Bindings: Partial<HttpBindings>;
  Variables: {
    requestId: string;
    log: Logger;
    /** The caller's address after trusted proxies were peeled off, in canonical spelling; "" where it is not known. */
    clientAddress: string;
    /** Set by authentication, on every path that needs it. */
    principal: Principal;
  };
}

/**
 * Gives each request an id and writes one line when it is answered. Paths are logged, query strings, headers and
 * bodies never: they are where secrets travel.
 */
export function requestLog(logger: Logger): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    const startedAt = performance.now();
    const requestId = randomUUID();
    context.set("requestId", requestId);
    context.set("log", logger.child({ requestId }));
    context.header("X-Request-Id", requestId);
    await next();
    const principal: Principal | undefined = context.get("principal");
    context.var.log.info(
      {
        method: context.req.method,
        path: withoutToken(context.req.path),
        status: context.res.status,
        durationMs: Math.round(performance.now() - startedAt),
        address: context.get("clientAddress"),
        user: principal?.user.name,
        apiKey: principal?.apiKey?.secretId,
      },
      "request",
    );
  };
}

/** The one path that is made of a secret, in both its forms: a session is ended at its token. */
function withoutToken(path: string): string {
  return path.replace(/^((?:\/api)?\/sys\/tokens\/).+/, "$1***");
}
