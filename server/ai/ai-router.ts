import type { MiddlewareHandler } from "hono";
import { Counter } from "prom-client";
import type { z } from "zod";
import type { AddressRule } from "../../contract/address-rule.ts";
import { ai, type modelList, upstreamModels } from "../../contract/ai.ts";
import { bearerOf } from "../../contract/bearer.ts";
import { ApiError } from "../errors.ts";
import type { Gate } from "../gate/gate.ts";
import type { GateMetrics } from "../gate/metrics.ts";
import { admit, loginRequired } from "../identity/admit.ts";
import { addressOf } from "../identity/authenticate.ts";
import type { Verdict } from "../identity/judge-key.ts";
import type { LoginRecorder } from "../identity/logins.ts";
import { mount, type RequestContext, type Router } from "../mount.ts";
import type { ServerEnvironment } from "../request-log.ts";
import { askUpstream, type Upstream } from "./upstream.ts";

/** What the AI router works with. */
export interface AiRouterDependencies {
  readonly upstreams: readonly Upstream[];
  /** How long an upstream may take until it begins to answer, in milliseconds. */
  readonly upstreamTimeoutMs: number;
  readonly gate: Gate;
  readonly metrics: GateMetrics;
  readonly logins: LoginRecorder;
  readonly trustedProxies: readonly AddressRule[];
  /** Bounds the bodies of those who have a key. */
  readonly limitBody: MiddlewareHandler<ServerEnvironment>;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** How long an upstream may take to list its models, in milliseconds: one that hangs must not hide the others. */
const listTimeoutMs = 5000;

/**
 * Mounts OpenAI's paths for chat behind Keyward's keys: whoever has a key that may pass may ask any model, with the
 * upstream's own key staying here.
 */
export function mountAiRouter(router: Router, dependencies: AiRouterDependencies): void {
  const { upstreams, upstreamTimeoutMs, metrics } = dependencies;
  const answers = new Counter({
    name: "keyward_ai_requests_total",
    help: "Requests handed to upstreams of the AI router, by the status they answered; none where they did not.",
    labelNames: ["upstream", "status"],
    registers: [metrics.registry],
  });
  router.hono.use("/v1/*", requireKey(dependencies), dependencies.limitBody);
  mount(router, ai.models, async (context) => {
    const lists = await Promise.all(
      upstreams.map((upstream) => listModels(context, upstream, answers, upstreams.length > 1)),
    );
    return { object: "list", data: lists.flat() } satisfies z.input<typeof modelList>;
  });
  mount(router, ai.chat, (context, { body }) => {
    const { upstream, model } = findUpstream(upstreams, body.model);
    return askUpstream({
      upstream,
      path: "/chat/completions",
      body: JSON.stringify({ ...body, model }),
      signal: context.req.raw.signal,
      timeoutMs: upstreamTimeoutMs,
      answers,
    });
  });
}

/** The gate's verdict, as on `/auth/verify`; a password or a session is not what AI clients have. */
function requireKey(dependencies: AiRouterDependencies): MiddlewareHandler<ServerEnvironment> {
  const { gate, logins, metrics, clock, trustedProxies } = dependencies;
  return async (context, next) => {
    const startedAt = performance.now();
    const secret = bearerOf(context.req.header("Authorization"));
    if (secret === undefined) {
      metrics.count("unknown", startedAt);
      throw loginRequired();
    }
    const { address } = addressOf(context, trustedProxies);
    const verdict = await verdictOn(() => gate.verify(secret, address)).catch((error: unknown) => {
      metrics.count("undecided", startedAt);
      throw error;
    });
    metrics.count(verdict.outcome, startedAt);
    context.set("principal", admit(logins, verdict, address, clock()));
    await next();
  };
}

/** A refusal to decide comes as a rejection, whether it is thrown at once or later. */
async function verdictOn(verify: () => Verdict | Promise<Verdict>): Promise<Verdict> {
  return verify();
}

/** An upstream that does not answer has no models now; the others' are listed all the same. */
async function listModels(
  context: RequestContext,
  upstream: Upstream,
  answers: Counter,
  isPrefixed: boolean,
): Promise<z.input<typeof modelList>["data"]> {
  const { signal } = context.req.raw;
  try {
    const request = { upstream, path: "/models", body: undefined, signal, timeoutMs: listTimeoutMs, answers };
    const answer = await askUpstream(request);
    const { data } = upstreamModels.parse(await answer.json());
    return data.map((model) => ({
      ...model,
      id: isPrefixed ? `${upstream.name}/${model.id}` : model.id,
      object: "model",
      owned_by: upstream.name,
    }));
  } catch (error) {
    context.var.log.warn({ err: error, upstream: upstream.name }, "an upstream does not list its models");
    return [];
  }
}

/** With one upstream a model has the name that it has there; with several it begins with the upstream's. */
function findUpstream(
  upstreams: readonly Upstream[],
  asked: string,
): { readonly upstream: Upstream; readonly model: string } {
  const [only] = upstreams;
  if (only !== undefined && upstreams.length === 1) {
    return { upstream: only, model: asked };
  }
  const upstream = upstreams.find(({ name }) => asked.startsWith(`${name}/`));
  if (upstream === undefined) {
    const known =
      upstreams.map(({ name }) => `${name}/...`).join(", ") || "none, for no upstream is configured";
    throw new ApiError("not_found", `model: there is no ${JSON.stringify(asked)}; there is: ${known}`);
  }
  return { upstream, model: asked.slice(upstream.name.length + 1) };
}
