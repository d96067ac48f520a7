import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { PrivateState } from "../plugin/private-state.ts";

/** The server remembers an answer for this long under its Idempotency-Key, in seconds. */
const rememberedSeconds = 86_400;

const nextRotation = z.object({
  /** The same for every attempt, so that the rotation happens once. */
  idempotencyKey: z.string(),
  /** When the successor is to end, in epoch seconds, once that is fixed: an attempt with another end is another request. */
  expires: z.number().nullable(),
  /** The `expires_in` that `expires` was made of. */
  expiresIn: z.string().nullable(),
  /** When `expires` was fixed, in epoch seconds. */
  fixedAt: z.number(),
  /** Whether it was asked for, and no answer came: it may have happened. */
  isUnanswered: z.boolean(),
  /** Whether the server knows nothing of it, although the key was rotated: somebody else did that. */
  isRefuted: z.boolean(),
});

const memory = z.object({
  next: nextRotation,
  /** Predecessors that are not deleted yet, with their ends in epoch seconds. */
  predecessors: z.array(z.object({ id: z.string(), expires: z.number() })),
  /** Whether the key was imported and not changed since, so that nothing says to whom its secret went. */
  isImported: z.boolean(),
});

/** The next rotation of a key, as it will be asked for. */
export type NextRotation = z.output<typeof nextRotation>;

/** What the provider remembers of a key beside its state. */
export type KeyMemory = z.output<typeof memory>;

/** What is remembered of a key; of one that nothing is known of, as much as of a new one. */
export function recallKey(privateState: PrivateState): KeyMemory {
  const recalled = memory.safeParse(privateState.read()).data;
  return recalled ?? { next: drawRotation(), predecessors: [], isImported: false };
}

/** Remembers it, from the next state that core stores on. */
export function rememberKey(privateState: PrivateState, remembered: KeyMemory): void {
  privateState.write(remembered);
}

/** A rotation that nobody has asked for. Drawn as soon as there is a key, so that no attempt at it is without. */
export function drawRotation(): NextRotation {
  return {
    idempotencyKey: randomUUID(),
    expires: null,
    expiresIn: null,
    fixedAt: 0,
    isUnanswered: false,
    isRefuted: false,
  };
}

/** A rotation of a key that somebody else has rotated: in words of its own, so that it is not taken for the earlier one. */
export function refutedRotation(): NextRotation {
  return { ...drawRotation(), isRefuted: true };
}

/** The rotation with the successor's end fixed, so that every attempt within a day asks for the same. */
export function fixExpiry(next: NextRotation, expires: number, expiresIn: string, now: number): NextRotation {
  return { ...next, expires, expiresIn, fixedAt: now };
}

/** The same rotation while the server would know it again; after that a new one, whose end may be another. */
export function renewed(next: NextRotation, now: number): NextRotation {
  return next.expires !== null && now - next.fixedAt >= rememberedSeconds ? drawRotation() : next;
}
