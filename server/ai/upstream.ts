import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { Readable } from "node:stream";
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
const passedHeaders = ["Content-Type", "Content-Encoding", "Retry-After"] as const;

/** Answers that have no body (RFC 9110 section 6.4.1). */
const bodyless: ReadonlySet<number> = new Set([204, 205, 304]);

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
  const { statusCode: status = 502 } = answer;
  answers.inc({ upstream: upstream.name, status: String(status) });
  const fault = faultOf(status);
  if (fault !== undefined) {
    answer.destroy();
    throw new ApiError("bad_gateway", `upstream ${upstream.name} ${fault}`);
  }
  const headers = new Headers({ "Cache-Control": "no-store" });
  for (const name of passedHeaders) {
    const value = answer.headers[name.toLowerCase()];
    if (typeof value === "string") {
      headers.set(name, value);
    }
  }
  return new Response(bodyless.has(status) ? null : Readable.toWeb(answer), { status, headers });
}

/** What an answer says of the upstream rather than to the caller. */
function faultOf(status: number): string | undefined {
  if (status === 401 || status === 403) {
    // The caller's own key is good; told 401 it would throw it away.
    return "refuses the key that this server has for it";
  }
  const isElsewhere = status >= 300 && status < 400 && status !== 304;
  return isElsewhere ? "sends elsewhere, which is not where this server's key belongs" : undefined;
}

/**
 * By node's own client, since `fetch` gives an upstream five minutes at most, to begin and between any two tokens, whatever
 * it is told. A connection that has been idle may be closed by the upstream just when it is used again; what was sent
 * then was not read, and is sent once more on a new one.
 */
async function send(request: UpstreamRequest): Promise<IncomingMessage> {
  const { upstream, signal, timeoutMs } = request;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    const answer = await begin(request, late.signal).catch((error: unknown) =>
      error instanceof ClosedWhileIdle ? begin(request, late.signal) : Promise.reject(error),
    );
    return answer;
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

class ClosedWhileIdle extends Error {}

function begin(
  { upstream, path, body, signal }: UpstreamRequest,
  late: AbortSignal,
): Promise<IncomingMessage> {
  const url = upstream.url + path;
  const { request: open } = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    const request = open(url, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        Accept: "application/json, text/event-stream",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(upstream.key === undefined ? {} : { Authorization: `Bearer ${upstream.key}` }),
      },
      // Also after the answer has begun: when the caller leaves, the upstream's work ends.
      signal,
    });
    const giveUp = () => request.destroy();
    late.addEventListener("abort", giveUp, { once: true });
    request.once("close", () => late.removeEventListener("abort", giveUp));
    request.once("response", resolve);
    request.on("error", (error) => {
      const isIdle = request.reusedSocket && "code" in error && error.code === "ECONNRESET";
      reject(isIdle && !late.aborted && !signal.aborted ? new ClosedWhileIdle() : error);
    });
    request.end(body);
  });
}
