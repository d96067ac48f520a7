import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { and, eq, gt, lte } from "drizzle-orm";
import { idempotentAnswers } from "../../drizzle/schema.ts";
import { type Database, transact } from "../database.ts";
import { ApiError } from "../errors.ts";

/** How long a retry gets the first answer, in seconds. */
const rememberedSeconds = 86_400;

/** What makes two requests the same: who asks, for what, with which header and which body. */
export interface IdempotentRequest {
  /** Row key of the user who asks: two users never share an answer. */
  readonly user: number;
  /** Such as "create user_api_keys": the same header may be used once for each operation. */
  readonly operation: string;
  /** The value of Idempotency-Key; undefined when the request had none. */
  readonly header: string | undefined;
  readonly body: unknown;
}

/**
 * Runs a change in one transaction; with an Idempotency-Key, at most once in 24 hours: a retry gets the very answer of the
 * first run, secret included. The answer is stored encrypted under a key made from the header's value, which is not
 * stored, so that the database alone gives no secret away. `nowSeconds` is epoch seconds.
 */
export async function runOnce<T, Context>(
  database: Database,
  request: IdempotentRequest,
  nowSeconds: number,
  work: Work<T, Context>,
): Promise<T> {
  const { header } = request;
  if (header === undefined) {
    return transact(database, async (transaction) => {
      const context = await work.open(transaction);
      await work.authorize(context, undefined);
      return work.run(context);
    });
  }
  checkHeader(header);
  const hashes = hashesOf(request, header);
  let isAllowed = false;
  try {
    return await transact(database, async (transaction) => {
      const context = await work.open(transaction);
      const kept = await recall(transaction, hashes, header, nowSeconds);
      const remembered = kept === undefined ? undefined : work.read(kept);
      await work.authorize(context, remembered);
      isAllowed = true;
      if (remembered !== undefined) {
        return remembered;
      }
      const answer = await work.run(context);
      await remember(transaction, hashes, header, work.keep(answer), nowSeconds);
      return answer;
    });
  } catch (error) {
    // The same request may have run at the same time and been first, and ours failed on what it did; it was undone whole.
    const remembered = isAllowed ? await recall(database, hashes, header, nowSeconds) : undefined;
    if (remembered === undefined) {
      throw error;
    }
    return work.read(remembered);
  }
}

/** What is done at most once. */
export interface Work<T, Context> {
  open(transaction: Database): Promise<Context>;
  /** Throws unless the caller may do it, or be given again what it once got for it. */
  authorize(context: Context, remembered: T | undefined): Promise<void>;
  /** Not for a retry: what must hold for it to be done held the first time. */
  run(context: Context): Promise<T>;
  /** What is kept of the answer for a retry. */
  keep(answer: T): unknown;
  /** Reads an answer that was kept. */
  read(answer: unknown): T;
}

interface Hashes {
  readonly request: Uint8Array;
  readonly body: Uint8Array;
}

function checkHeader(header: string): void {
  if (!/^[\x21-\x7e]{16,255}$/.test(header)) {
    throw new ApiError(
      "bad_request",
      "Idempotency-Key: must be 16 to 255 visible ASCII characters, such as a UUID, new for each change",
    );
  }
}

/** A body may hold a password, so its hash takes a key that is not stored: nobody can try passwords against it. */
function hashesOf({ user, operation, body }: IdempotentRequest, header: string): Hashes {
  const request = createHash("sha256")
    .update(JSON.stringify([user, operation, header]))
    .digest();
  return {
    request,
    body: createHmac("sha256", keyOf(header, request)).update(JSON.stringify(body)).digest(),
  };
}

async function recall(
  database: Database,
  hashes: Hashes,
  header: string,
  nowSeconds: number,
): Promise<unknown> {
  const isFresh = gt(idempotentAnswers.created, nowSeconds - rememberedSeconds);
  const [row] = await database
    .select()
    .from(idempotentAnswers)
    .where(and(eq(idempotentAnswers.requestHash, hashes.request), isFresh));
  if (row === undefined) {
    return undefined;
  }
  if (!Buffer.from(row.bodyHash).equals(hashes.body)) {
    throw new ApiError(
      "invalid",
      "Idempotency-Key: was used for another body already; send a new one for a new change",
    );
  }
  return JSON.parse(decrypt(row.answer, keyOf(header, hashes.request)));
}

async function remember(
  transaction: Database,
  hashes: Hashes,
  header: string,
  answer: unknown,
  nowSeconds: number,
): Promise<void> {
  await transaction
    .delete(idempotentAnswers)
    .where(lte(idempotentAnswers.created, nowSeconds - rememberedSeconds));
  await transaction.insert(idempotentAnswers).values({
    requestHash: hashes.request,
    bodyHash: hashes.body,
    answer: encrypt(JSON.stringify(answer), keyOf(header, hashes.request)),
    created: nowSeconds,
  });
}

/** RFC 5869; the request's hash salts it, so that one header in two places gives two keys. */
function keyOf(header: string, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", header, salt, "keyward idempotent answer", 32));
}

const nonceBytes = 12;
const tagBytes = 16;

function encrypt(text: string, key: Uint8Array): Uint8Array {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(sealed: Uint8Array, key: Uint8Array): string {
  const bytes = Buffer.from(sealed);
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes));
  decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
  const plain = decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes));
  return Buffer.concat([plain, decipher.final()]).toString("utf8");
}
