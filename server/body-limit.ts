import type { MiddlewareHandler } from "hono";
import { ApiError } from "./errors.ts";
import type { RequestContext } from "./mount.ts";
import type { ServerEnvironment } from "./request-log.ts";

/** A body this short is not counted: every connection holds as much of what comes in, whoever it belongs to. */
const smallBytes = 16 * 1024;

/** How many bytes of bodies are in memory at once, over all requests that share it. */
export class BodyMemory {
  readonly #bytesMax: number;
  #held = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Throws `unavailable` when there is no room. */
  take(bytes: number): void {
    if (this.#held + bytes > this.#bytesMax) {
      const message = "body: too many large ones are being worked on at the moment; try again";
      throw new ApiError("unavailable", message, { "Retry-After": "1" });
    }
    this.#held += bytes;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

/** Refuses a body by the length that it is said to have, before anything else is done: nothing is read for that. */
export function refuseDeclaredBeyond(
  bytesMaxOf: (path: string) => number,
): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    const bytesMax = bytesMaxOf(context.req.path);
    if ((declaredBytes(context) ?? 0) > bytesMax) {
      throw tooLarge(bytesMax);
    }
    await next();
  };
}

/**
 * Bounds what a body takes of the memory, alone and together with all others that are being worked on. Mount it behind
 * what proves who calls: strangers' bodies are then not read at all, and the memory is there for the others.
 */
export function limitBody(bytesMax: number, memory: BodyMemory): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    const declared = declaredBytes(context);
    if (declared === undefined) {
      return readUndeclared(context, bytesMax, memory, next);
    }
    if (declared > bytesMax) {
      throw tooLarge(bytesMax);
    }
    if (declared <= smallBytes) {
      return next();
    }
    memory.take(declared);
    try {
      return await next();
    } finally {
      memory.give(declared);
    }
  };
}

/** A body that comes in chunks tells only at its end how long it is. */
async function readUndeclared(
  context: RequestContext,
  bytesMax: number,
  memory: BodyMemory,
  next: () => Promise<void>,
): Promise<void> {
  if (context.req.raw.body === null) {
    // A GET that says it has a body: none is handed on, so there is none to bound.
    return next();
  }
  const chunks: Uint8Array[] = [];
  let held = 0;
  try {
    for await (const chunk of context.req.raw.body) {
      if (held + chunk.length > bytesMax) {
        throw tooLarge(bytesMax);
      }
      memory.take(chunk.length);
      held += chunk.length;
      chunks.push(chunk);
    }
    context.req.raw = new Request(context.req.raw, { body: Buffer.concat(chunks) });
    await next();
  } finally {
    memory.give(held);
  }
}

/** What Content-Length says, 0 where there is no body; undefined for one that comes in chunks. */
function declaredBytes(context: RequestContext): number | undefined {
  return context.req.header("Transfer-Encoding") === undefined
    ? Number(context.req.header("Content-Length") ?? 0)
    : undefined;
}

function tooLarge(bytesMax: number): ApiError {
  return new ApiError("payload_too_large", `body: is larger than ${bytesMax} bytes`);
}
