import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { z } from "zod";
import { errorBody } from "../contract/errors.ts";
import { gate, passedKey, type verifyQuery } from "../contract/gate.ts";
import { secretIdOf } from "../contract/secret.ts";
import { nodeTransport, type Transport, type TransportOptions, type TransportResponse } from "./transport.ts";

/** How keys are asked about. */
export interface VerifierOptions extends TransportOptions {
  /** Where the Keyward server is, such as `https://keys.example.org`; a path after it is kept. */
  readonly endpoint: string;
  /**
   * For how many seconds a "yes" may be given again without asking. 0, the default, asks each time: then a key is refused
   * the moment its change is answered. Anything more is how late that may be.
   */
  readonly staleSeconds?: number;
  /** Carries the requests; the network when left out. */
  readonly transport?: Transport;
  /** The two clocks of the machine, in milliseconds; its own when left out. */
  readonly clocks?: {
    /** Since the epoch, for the expiry of keys. */
    readonly wallMs: () => number;
    /** Since some moment in the past, never set, for how old a "yes" is. */
    readonly monotonicMs: () => number;
  };
}

/** What is asked: may this key pass, from this address, and with this right? */
export interface Question {
  /** What the caller presented. */
  readonly token: string;
  /**
   * The caller's address, as `socket.remoteAddress` has it. The server believes it if this application is among its
   * `KEYWARD_TRUSTED_PROXIES`. Undefined where it is not known: then no key passes that has a list of addresses.
   */
  readonly address: string | undefined;
  /** A right that the key's user must hold as well. */
  readonly requires?: RequiredRight;
}

/** A right on a table, or on one row of it. */
export type RequiredRight = Required<Pick<z.input<typeof verifyQuery>, "table" | "action">> & {
  readonly row?: number;
};

/** Who may pass, or why nobody does. */
export type Verification =
  | { readonly ok: true; readonly identity: z.output<typeof passedKey> }
  | {
      readonly ok: false;
      /** 401 no such key, 403 not from there or not with this right, 429 and 503 no answer for now. */
      readonly status: 401 | 403 | 429 | 503;
      /** In words for the caller. */
      readonly reason: string;
      /** When to try again, in seconds, where the server says so. */
      readonly retryAfterSeconds: number | undefined;
    };

/** Asks about one key. Rejects only when the question itself is wrong; a server that does not answer is a refusal. */
export type Verify = (question: Question) => Promise<Verification>;

type Clocks = NonNullable<VerifierOptions["clocks"]>;

const machineClocks: Clocks = { wallMs: Date.now, monotonicMs: () => performance.now() };

/** Long beside a verdict, which takes a millisecond on a network, and short beside a caller's patience. */
const defaultTimeoutMs = 2000;

const rememberedMax = 10_000;

/**
 * Makes the function that asks a Keyward server whether a key may pass:
 *
 *     const verify = createVerifier({ endpoint: "https://keys.example.org" });
 *     const verdict = await verify({ token, address });
 *     if (!verdict.ok) return refuse(verdict.status, verdict.reason);
 *
 * What is not a clear yes is a no: a server that is gone, late or not a Keyward lets nobody pass.
 */
export function createVerifier(options: VerifierOptions): Verify {
  const { endpoint, staleSeconds = 0, clocks = machineClocks } = options;
  const transport = options.transport ?? nodeTransport({ timeoutMs: defaultTimeoutMs, ...options });
  const remembered = new LRUCache<string, Remembered>({ max: rememberedMax });
  const staleMs = staleSeconds * 1000;
  return async (question) => {
    if (secretIdOf(question.token) === undefined) {
      return { ok: false, status: 401, reason: "Login required", retryAfterSeconds: undefined };
    }
    const name = staleSeconds > 0 ? nameOf(question) : "";
    const known = remembered.get(name);
    if (known !== undefined && isFresh(known, staleMs, clocks)) {
      return known.verdict;
    }
    const asked = { monotonicMs: clocks.monotonicMs(), wallMs: clocks.wallMs() };
    const verdict = await ask(transport, endpoint, question);
    if (staleSeconds > 0 && verdict.ok) {
      remembered.set(name, { verdict, asked, expires: verdict.identity.api_key.expires });
    }
    return verdict;
  };
}

/** A "yes", and when it was asked for by both clocks. */
interface Remembered {
  readonly verdict: Verification;
  readonly asked: { readonly monotonicMs: number; readonly wallMs: number };
  /** Epoch seconds; 0 for never. */
  readonly expires: number;
}

/**
 * By the monotonic clock, since the wall clock may be set back and would make a "yes" last. That one stands still while the
 * machine sleeps, so what is too old by the wall clock is too old as well: at worst it is asked once more.
 */
function isFresh({ asked, expires }: Remembered, staleMs: number, clocks: Clocks): boolean {
  const wallMs = clocks.wallMs();
  const ageMs = Math.max(clocks.monotonicMs() - asked.monotonicMs, wallMs - asked.wallMs);
  return ageMs < staleMs && (expires === 0 || wallMs < expires * 1000);
}

/** A hash, so that no secret is kept. */
function nameOf({ token, address, requires }: Question): string {
  return createHash("sha256")
    .update(JSON.stringify([token, address, requires]))
    .digest("base64");
}

async function ask(transport: Transport, endpoint: string, question: Question): Promise<Verification> {
  const { token, address, requires } = question;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(requires ?? {})) {
    query.set(name, String(value));
  }
  const path = requires === undefined ? gate.verify.path : `${gate.verify.path}?${query}`;
  try {
    const answer = await transport({
      method: "GET",
      url: endpoint.replace(/\/+$/, "") + path,
      // Without the header the server would judge this application's own address.
      headers: { Authorization: `Bearer ${token}`, "X-Forwarded-For": address || "unknown" },
    });
    return read(answer);
  } catch (error) {
    if (error instanceof WrongQuestion) {
      throw error;
    }
    return noAnswer(undefined);
  }
}

/** The server says that the question is wrong: a table without an action, say. That is the program's fault. */
class WrongQuestion extends Error {}

function read(answer: TransportResponse): Verification {
  const retryAfter = Number(answer.headers?.["retry-after"]);
  const retryAfterSeconds = Number.isFinite(retryAfter) ? retryAfter : undefined;
  if (answer.status === 200) {
    return { ok: true, identity: passedKey.parse(JSON.parse(answer.body)) };
  }
  if (answer.status === 422) {
    throw new WrongQuestion(errorBody.parse(JSON.parse(answer.body)).err);
  }
  if (answer.status === 401 || answer.status === 403 || answer.status === 429) {
    const reason = errorBody.parse(JSON.parse(answer.body)).err;
    return { ok: false, status: answer.status, reason, retryAfterSeconds };
  }
  return noAnswer(retryAfterSeconds);
}

function noAnswer(retryAfterSeconds: number | undefined): Verification {
  const reason = "it cannot be told at the moment whether this key may pass";
  return { ok: false, status: 503, reason, retryAfterSeconds };
}
