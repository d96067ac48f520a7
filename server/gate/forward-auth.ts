import type { Context } from "hono";
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { Address, AddressRule } from "../../contract/address-rule.ts";
import { bearerOf } from "../../contract/bearer.ts";
import { gate as endpoints, verifyQuery } from "../../contract/gate.ts";
import { ApiError, answerFailure, type Failure, unavailable } from "../errors.ts";
import { nothingProved, recordVerdict, refusalOf } from "../identity/admit.ts";
import { clientAddress, showAddress } from "../identity/client-address.ts";
import type { Verdict } from "../identity/judge-key.ts";
import type { KnownKey } from "../identity/known-key.ts";
import type { LoginRecorder } from "../identity/logins.ts";
import type { Router } from "../mount.ts";
import type { ServerEnvironment } from "../request-log.ts";
import { parseInput } from "../validation.ts";
import type { Gate } from "./gate.ts";
import type { GateMetrics } from "./metrics.ts";
import type { RightsMemory } from "./rights-memory.ts";

/** What the gate's door works with. */
export interface ForwardAuthDependencies {
  readonly gate: Gate;
  readonly metrics: GateMetrics;
  readonly logins: LoginRecorder;
  readonly trustedProxies: readonly AddressRule[];
  /** What the users of keys may do. */
  readonly rights: RightsMemory;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly logger: Logger;
}

/** A caller's address, read and in canonical spelling. */
interface Caller {
  readonly address: Address | undefined;
  readonly shown: string;
}

/** Addresses that callers had lately: reading one takes longer than deciding about it. */
const callersMax = 10_000;

/** Longer chains of proxies are read anew each time, so that nobody fills the memory with them. */
const rememberedHeaderMax = 256;

/** What is answered for a key that passes, made once for each time that the key is read. */
export interface Pass {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What a verdict is made on. */
export interface Presented {
  readonly authorization: string | undefined;
  /** The value of X-Forwarded-For. */
  readonly forwardedFor: string | undefined;
  readonly socketAddress: string | undefined;
}

/**
 * `/auth/verify`, for gateways: nginx' `auth_request`, Caddy's `forward_auth`, and their like. It stands before the
 * request log, since a line for each verdict would take longer than the verdict; metrics count them, and refusals are
 * in the audit trail.
 */
export class ForwardAuth {
  readonly #dependencies: ForwardAuthDependencies;
  readonly #callers = new LRUCache<string, Caller>({ max: callersMax });
  /** A key that is read again is another object, so what hangs on it goes with it. */
  readonly #passes = new WeakMap<KnownKey, Pass>();

  constructor(dependencies: ForwardAuthDependencies) {
    this.#dependencies = dependencies;
  }

  /** Mounts it, as an endpoint like any other. */
  mount({ hono, endpoints: mounted }: Router): void {
    mounted.push(endpoints.verify, endpoints.verifyByPost);
    hono.on(["GET", "POST"], endpoints.verify.path, (context) => this.#answer(context));
  }

  /**
   * The answer to a plain question about a key that passes and is remembered, which most are: so little is done for it
   * that what a framework does for each request would be half of it. Undefined for everything else, which then goes the
   * ordinary way.
   */
  passAtOnce(presented: Presented): Pass | undefined {
    const startedAt = performance.now();
    const secret = bearerOf(presented.authorization);
    if (secret === undefined) {
      return undefined;
    }
    const { gate, metrics, logins, clock } = this.#dependencies;
    const caller = this.#callerOf(presented);
    const verdict = gate.passFromMemory(secret, caller.address);
    if (verdict === undefined) {
      return undefined;
    }
    recordVerdict(logins, verdict, caller.shown, clock());
    metrics.count(verdict.outcome, startedAt);
    return this.#passOf(verdict.key);
  }

  #answer(context: Context<ServerEnvironment>): Response | Promise<Response> {
    const startedAt = performance.now();
    const presented = {
      authorization: context.req.header("Authorization"),
      forwardedFor: context.req.header("X-Forwarded-For"),
      socketAddress: context.env?.incoming?.socket.remoteAddress,
    };
    const secret = bearerOf(presented.authorization);
    const caller = this.#callerOf(presented);
    if (secret === undefined) {
      this.#dependencies.metrics.count("unknown", startedAt);
      return refuse(nothingProved, context);
    }
    try {
      const verdict = this.#dependencies.gate.verify(secret, caller.address);
      return verdict instanceof Promise
        ? verdict.then(
            (late) => this.#conclude(context, late, caller, startedAt),
            (error: unknown) => this.#fail(context, error, startedAt),
          )
        : this.#conclude(context, verdict, caller, startedAt);
    } catch (error) {
      return this.#fail(context, error, startedAt);
    }
  }

  #conclude(
    context: Context<ServerEnvironment>,
    verdict: Verdict,
    caller: Caller,
    startedAt: number,
  ): Response | Promise<Response> {
    const { logins, clock, metrics } = this.#dependencies;
    recordVerdict(logins, verdict, caller.shown, clock());
    metrics.count(verdict.outcome, startedAt);
    if (verdict.outcome !== "allowed") {
      return refuse(refusalOf(verdict, caller.shown), context);
    }
    const { key } = verdict;
    return context.req.raw.url.includes("?") ? this.#requireRight(context, key) : this.#pass(key);
  }

  async #requireRight(context: Context<ServerEnvironment>, key: KnownKey): Promise<Response> {
    try {
      const { table, action, row = 0 } = parseInput(verifyQuery, context.req.query());
      if (table !== undefined && action !== undefined) {
        const rights = await this.#dependencies.rights.of(key);
        if (!rights.holds(action, table, row)) {
          const message = `user ${key.user.name} of API key ${key.secretId} may not ${action} ${table}`;
          throw new ApiError("forbidden", row === 0 ? message : `${message}/${row}`);
        }
      }
      return this.#pass(key);
    } catch (error) {
      return this.#refuse(error, context);
    }
  }

  #pass(key: KnownKey): Response {
    const { body, headers } = this.#passOf(key);
    return new Response(body, { headers });
  }

  #passOf(key: KnownKey): Pass {
    let pass = this.#passes.get(key);
    if (pass === undefined) {
      pass = passOf(key);
      this.#passes.set(key, pass);
    }
    return pass;
  }

  #fail(context: Context<ServerEnvironment>, error: unknown, startedAt: number): Response {
    this.#dependencies.metrics.count("undecided", startedAt);
    return this.#refuse(error, context);
  }

  /** What is nobody's fault out there is logged here, because this door stands before the request log. */
  #refuse(error: unknown, context: Context<ServerEnvironment>): Response {
    if (error instanceof ApiError) {
      return refuse(error, context);
    }
    this.#dependencies.logger.error({ err: error }, "no verdict could be made");
    return refuse(unavailable(), context);
  }

  #callerOf({ socketAddress = "", forwardedFor }: Presented): Caller {
    const name = forwardedFor === undefined ? socketAddress : `${socketAddress} ${forwardedFor}`;
    const known = this.#callers.get(name);
    if (known !== undefined) {
      return known;
    }
    const { address } = clientAddress(socketAddress, forwardedFor, this.#dependencies.trustedProxies);
    const caller = { address, shown: showAddress(address) };
    if (name.length <= rememberedHeaderMax) {
      this.#callers.set(name, caller);
    }
    return caller;
  }
}

function refuse(failure: Failure, context: Context<ServerEnvironment>): Response {
  context.header("Cache-Control", "no-store");
  return answerFailure(failure, context);
}

function passOf({ key, secretId, name, expires, user, groups }: KnownKey): Pass {
  const body = JSON.stringify({
    user: { $key: user.key, name: user.name },
    api_key: { $key: key, name, secret_id: secretId, expires },
    groups,
  });
  return {
    body,
    headers: {
      "Content-Length": String(Buffer.byteLength(body)),
      "Cache-Control": "no-store",
      "Content-Type": "application/json",
      "X-Keyward-User": headerText(user.name),
      "X-Keyward-User-Id": String(user.key),
      "X-Keyward-Key": headerText(name),
      "X-Keyward-Key-Id": secretId,
      "X-Keyward-Groups": groups.map(headerText).join(","),
    },
  };
}

/**
 * A header carries visible ASCII; a comma would part a name, and a percent sign begins what is encoded. Blanks around a
 * name are encoded too: on the way they are dropped, and then it is another one.
 */
function headerText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+|[%,]|^ +| +$/gu, encodeURIComponent);
}
