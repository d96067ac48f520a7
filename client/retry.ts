import { setTimeout as sleep } from "node:timers/promises";
import type { Transport, TransportResponse } from "./transport.ts";

/** How often and how patiently a request is tried again. */
export interface RetryOptions {
  /** The most attempts in all. */
  readonly attempts: number;
  /** What the first wait is drawn from, in milliseconds; each later one from twice as much. */
  readonly baseMs: number;
}

const passingStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** No server is waited for longer than this between two attempts. */
const waitMsMax = 60_000;

/**
 * A transport that tries again after what passes by itself: too many requests, a gateway without a server behind it, a
 * connection that broke. Waits are drawn at random (full jitter), so that many who failed together do not come back
 * together; a `Retry-After` in seconds is kept to. Creates carry an Idempotency-Key, so that one which was done, and whose
 * answer was lost, is not done twice.
 */
export function withRetries(transport: Transport, { attempts, baseMs }: RetryOptions): Transport {
  return async (request) => {
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt >= attempts;
      const waitMs = Math.random() * baseMs * 2 ** (attempt - 1);
      try {
        const response = await transport(request);
        if (isLast || !passingStatuses.has(response.status)) {
          return response;
        }
        await sleep(Math.min(retryAfterMs(response) ?? waitMs, waitMsMax), undefined, signalOf(request));
      } catch (error) {
        if (isLast || request.signal?.aborted === true) {
          throw error;
        }
        await sleep(Math.min(waitMs, waitMsMax), undefined, signalOf(request));
      }
    }
  };
}

/**
 * A transport whose signal ends reads at once, but of changes only those that are not sent yet: of one that is cut off
 * nobody knows whether it was made. A change that was sent is waited for as long as the transport itself waits.
 */
export function finishingWrites(transport: Transport): Transport {
  return async (request) => {
    const { signal, ...whole } = request;
    if (request.method === "GET") {
      return transport(request);
    }
    signal?.throwIfAborted();
    return transport(whole);
  };
}

function retryAfterMs({ headers }: TransportResponse): number | undefined {
  const seconds = Number(headers?.["retry-after"] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

function signalOf({ signal }: { readonly signal?: AbortSignal }): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
