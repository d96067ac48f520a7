import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context, MiddlewareHandler } from "hono";
import {
  createVerifier,
  type RequiredRight,
  type Verification,
  type VerifierOptions,
} from "../client/verifier.ts";

/** How an application is guarded. */
export interface KeywardOptions extends VerifierOptions {
  /** A right that the key's user must hold as well. */
  readonly requires?: RequiredRight;
  /**
   * The caller's address. The connection's when left out; an application behind a proxy names here what its proxy writes.
   * Never take a header that a client can write. Undefined for a caller whose address is not known: then no key passes
   * that has a list of addresses.
   */
  readonly addressOf?: (context: Context) => string | undefined;
}

/** What the application finds in `context.var` once a key has passed. */
export interface KeywardVariables {
  /** Whose key it is, and which. */
  keyward: Extract<Verification, { readonly ok: true }>["identity"];
}

declare module "hono" {
  /** So that `app.use(keyward(...))` and `app.get(...)` may be statements of their own, as with Hono's own middleware. */
  interface ContextVariableMap extends KeywardVariables {}
}

/**
 * Lets only those requests through whose key may pass:
 *
 *     const app = new Hono();
 *     app.use(keyward({ endpoint: "https://keys.example.org" }));
 *     app.get("/", (context) => context.text(`Good day, ${context.var.keyward.user.name}`));
 *
 * Everybody else gets 401, 403, 429 or 503 with `{"err": ...}`. The server has to count this application's address among its
 * `KEYWARD_TRUSTED_PROXIES`, so that it judges the caller's address and not the application's.
 */
export function keyward(options: KeywardOptions): MiddlewareHandler<{ Variables: KeywardVariables }> {
  const { requires, addressOf = addressOfConnection } = options;
  const verify = createVerifier(options);
  return async (context, next) => {
    const [, token = ""] = /^bearer +(\S+) *$/i.exec(context.req.header("Authorization") ?? "") ?? [];
    const address = addressOf(context);
    const verdict = await verify({ token, address, ...(requires === undefined ? {} : { requires }) });
    if (!verdict.ok) {
      return refuse(context, verdict);
    }
    context.set("keyward", verdict.identity);
    await next();
    return undefined;
  };
}

function addressOfConnection(context: Context): string {
  const { address } = getConnInfo(context).remote;
  if (address === undefined) {
    throw new Error("the connection has no address: say with addressOf where the caller's is to be found");
  }
  return address;
}

function refuse(context: Context, refusal: Extract<Verification, { readonly ok: false }>): Response {
  if (refusal.status === 401) {
    context.header("WWW-Authenticate", 'Bearer realm="Keyward"');
  }
  if (refusal.retryAfterSeconds !== undefined) {
    context.header("Retry-After", String(refusal.retryAfterSeconds));
  }
  return context.json({ err: refusal.reason }, refusal.status);
}
