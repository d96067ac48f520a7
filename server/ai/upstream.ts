import type { Counter } from "prom-client";
import { ApiError } from "../errors.ts";

/** A server of models that the router hands requests to. */
export interface Upstream {
  readonly name: string;
  /** Such as `https://models.example.org/v1`, without a slash at the end. */
  readonly url: string;
  /** What the router itself is let in with; undefined where the upstream asks for nothing. */
  readonly key: string | undefined;
}

/** A request to an upstream. */
export interface UpstreamRequest {
  readonly upstream: Upstream;
  readonly path: string;
  /** JSON; undefined for a GET. */
  readonly body: string | undefined;
  /** Ends it when the caller has left. */
  readonly signal: AbortSignal;
  /** How long the upstream may take until it begins to answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Counts answers by upstream and status. */
  readonly answers: Counter;
}

/** Of what an upstream answers, the headers that are the caller's business. */
const passedHeaders = ["Content-Type", "Retry-After"] as const;

/**
 * Sends a request on and gives back the answer while it still comes in. The caller's headers stay here, its key above
 * all. Throws `bad_gateway` or `gateway_timeout` when there is no answer that the caller could use.
 */
export async function askUpstream(request: UpstreamRequest): Promise<Response> {
  const { upstream, answers } = request;
  const answer = await send(request).catch((error: unknown) => {
    answers.inc({ upstream: upstream.name, status: "none" });
    throw error;
  });
  answers.inc({ upstream: upstream.name, status: String(answer.status) });
  if (answer.status === 401 || answer.status === 403) {
    // The caller's own key is good; told 401 it would throw it away.
    await answer.body?.cancel();
    throw new ApiError(
      "bad_gateway",
      `upstream ${upstream.name} refuses the key that this server has for it`,
    );
  }
  const headers = new Headers({ "Cache-Control": "no-store" });
  for (const name of passedHeaders) {
    const value = answer.headers.get(name);
    if (value !== null) {
      headers.set(name, value);
    }
  }
  return new Response(answer.body, { status: answer.status, headers });
}

async function send({ upstream, path, body, signal, timeoutMs }: UpstreamRequest): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    return await fetch(upstream.url + path, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        Accept: "application/json, text/event-stream",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(upstream.key === undefined ? {} : { Authorization: `Bearer ${upstream.key}` }),
      },
      ...(body === undefined ? {} : { body }),
      // Elsewhere is not where the key belongs.
      redirect: "error",
      signal: AbortSignal.any([signal, late.signal]),
    });
  } catch (error) {
    if (signal.aborted) {
      throw error;
    }
    throw late.signal.aborted
      ? new ApiError(
          "gateway_timeout",
          `upstream ${upstream.name} did not answer in ${timeoutMs / 1000} seconds`,
        )
      : new ApiError("bad_gateway", `upstream ${upstream.name} cannot be reached`);
  } finally {
    clearTimeout(timer);
  }
}
