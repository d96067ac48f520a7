import { z } from "zod";
import type { Right } from "../../contract/permissions.ts";
import type { Principal } from "../access/principal.ts";
import { type Database, together, transact } from "../database.ts";
import { ApiError, notFound } from "../errors.ts";
import { type Fence, type RecordedChange, type Subject, subjectsOf } from "../fence.ts";
import { rightsOf } from "../identity/rights-of.ts";
import type { Peppers } from "../identity/secrets.ts";
import type { RowsQuery } from "../query/select-rows.ts";
import type { Answer, Created, RowKey, Table } from "./define-table.ts";
import { runOnce } from "./idempotency.ts";
import { placeOf, rowKeyOf } from "./row.ts";
import {
  etagOf,
  holdsOn,
  lockRow,
  requireLocked,
  requireRight,
  requireVersion,
  select,
} from "./row-access.ts";
import { nowSeconds, type WriteContext } from "./write-context.ts";

/** Who asks, and of what. */
export interface TableRequest {
  readonly database: Database;
  readonly principal: Principal;
  readonly peppers: Peppers;
  /** What a change is held behind until no replica judges by what was before it. */
  readonly fence: Fence;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** The value of If-Match, where there is one. */
  readonly ifMatch: string | undefined;
  /** The value of Idempotency-Key, where there is one. */
  readonly idempotencyKey: string | undefined;
  /**
   * Whether a retry gets the very answer of the first run, secret included. The console says no: the reload of a page
   * must not show a secret again, and so none is kept for it; the row's key is.
   */
  readonly isSecretRepeated: boolean;
}

/** A row and its ETag. */
export interface VersionedRow {
  readonly row: Answer;
  readonly etag: string | undefined;
}

/** The rows that the caller may list and asked for. */
export async function listRows(
  request: TableRequest,
  table: Table,
  query: RowsQuery,
): Promise<readonly Answer[]> {
  const rights = await rightsOf(request.database, request.principal.user);
  return select(request.database, rights, table, query);
}

/** One row, which takes the right to read it; one that may not even be listed is not there. */
export async function getRow(
  request: TableRequest,
  table: Table,
  keyText: string,
  fields: string | undefined,
): Promise<VersionedRow> {
  const key = keyOf(table, keyText);
  const rights = await rightsOf(request.database, request.principal.user);
  const [row] = await select(request.database, rights, table, { fields }, key);
  if (row === undefined) {
    throw notFound();
  }
  await requireRight(request.database, rights, table, "read", key);
  return { row, etag: await etagOf(request.database, rights, table, key) };
}

/** Makes a row. With an Idempotency-Key, once. */
export async function createRow(request: TableRequest, table: Table, raw: unknown): Promise<Answer> {
  const create = table.writes?.create(raw);
  if (create === undefined) {
    throw new Error(`nothing creates rows of ${table.query.name}`);
  }
  const run = async (context: WriteContext) => {
    const created: Created = await create.run(context);
    return { ...placeOf(table.query.name, created.key), ...created.answer };
  };
  const subjects = table.concerns?.ofNew(raw) ?? subjectsOf(table.query.name, undefined);
  const authorize = (context: WriteContext) => create.authorize(context);
  return change(request, subjects, `create ${table.query.name}`, raw, { authorize, run });
}

/** Changes what the body names of a row, and answers the row as it then stands, as far as the caller may still see it. */
export async function updateRow(
  request: TableRequest,
  table: Table,
  keyText: string,
  raw: unknown,
): Promise<VersionedRow> {
  const key = keyOf(table, keyText);
  const update = table.writes?.update(raw);
  return transactBehindFence(request, async (transaction, record) => {
    const { context } = await openAt(request, transaction, table, key, "modify");
    await requireVersion(request.ifMatch, context, table, key);
    const subjects = await concernsOf(transaction, table, key);
    const answer = await update?.(context, key);
    // What names a field is held behind the fence even where nothing differs: it may be a retry of what was not answered.
    if (!isEmpty(raw)) {
      await record(subjects);
    }
    const rights = await rightsOf(transaction, request.principal.user);
    const [[row], etag] = await together(
      select(transaction, rights, table, {}, key),
      etagOf(transaction, rights, table, key),
    );
    return { row: { ...row, ...answer }, etag };
  });
}

/** Deletes a row with everything that hangs on it. */
export async function deleteRow(request: TableRequest, table: Table, keyText: string): Promise<void> {
  const key = keyOf(table, keyText);
  try {
    await transactBehindFence(request, async (transaction, record) => {
      const { context, told } = await openAt(request, transaction, table, key, "delete");
      await requireVersion(request.ifMatch, context, table, key);
      const subjects = await concernsOf(transaction, table, key);
      await table.writes?.delete(context, key, told);
      await record(subjects);
    });
  } catch (error) {
    if (isNotFound(error)) {
      // To whoever tries again after a lost answer this says that the row is gone, so it has to hold for all replicas.
      await request.fence.outlastOthers(request.database);
    }
    throw error;
  }
}

/** What a change of a row that is there makes wrong. Call it before the row is deleted. */
async function concernsOf(transaction: Database, table: Table, key: RowKey): Promise<readonly Subject[]> {
  return (await table.concerns?.ofRow(transaction, key)) ?? subjectsOf(table.query.name, key);
}

/**
 * One transaction, whose change is recorded in it by `record`; its answer comes only when no replica judges any more by
 * what was before.
 */
async function transactBehindFence<T>(
  { database, fence }: TableRequest,
  run: (transaction: Database, record: (subjects: readonly Subject[]) => Promise<void>) => Promise<T>,
): Promise<T> {
  let recorded: RecordedChange | undefined;
  const answer = await transact(database, (transaction) =>
    run(transaction, async (subjects) => {
      recorded = await fence.record(transaction, subjects);
    }),
  );
  if (recorded !== undefined) {
    await fence.hold(recorded);
  }
  return answer;
}

/**
 * Does an action on a row. With an Idempotency-Key, once: a retry gets the first answer, whatever version the row has by
 * then, because the action itself may have changed it.
 */
export async function actOnRow(
  request: TableRequest,
  table: Table,
  keyText: string,
  name: string,
  raw: unknown,
): Promise<Answer> {
  const key = keyOf(table, keyText);
  const action = Object.entries(table.actions).find(([known]) => known === name)?.[1];
  if (action === undefined) {
    const known = Object.keys(table.actions).join(", ") || "none";
    throw new ApiError(
      "invalid",
      `action: ${JSON.stringify(name)} is not an action of ${table.query.name}; there is: ${known}`,
    );
  }
  const act = action.prepare(raw);
  const authorize = async (context: WriteContext, row: RowKey) => {
    const told = await lockRow(context.transaction, table, row);
    await requireLocked(context, table, row, action.right, told !== undefined);
    await action.authorize?.(context, row);
  };
  const subjects = action.right === "read" ? [] : subjectsOf(table.query.name, key);
  return change(request, subjects, `${name} ${table.query.name}/${key}`, raw, {
    authorize: async (context, remembered) => {
      try {
        await authorize(context, key);
      } catch (error) {
        const made = isNotFound(error) ? remembered?.["$key"] : undefined;
        if (made === undefined) {
          throw error;
        }
        // The row itself is gone, as a predecessor is in time. What the answer tells of is the row that was made.
        await authorize(context, keyOf(table, String(made)));
      }
    },
    run: async (context) => {
      await requireVersion(request.ifMatch, context, table, key);
      return act(context, key);
    },
  });
}

/** A change that an Idempotency-Key makes happen once. */
interface Change {
  /** Throws unless the caller may do it, or be given the answer again that was kept of the first time. */
  readonly authorize: (context: WriteContext, remembered: Answer | undefined) => Promise<void>;
  readonly run: (context: WriteContext) => Promise<Answer>;
}

/**
 * Whether it may be done is asked each time, also when a retry only gets the first answer again; which version the row has
 * is asked the first time alone, since the change itself has made another of it. The answer waits for the replicas also
 * then: the first may not have been given yet.
 */
async function change(
  request: TableRequest,
  subjects: readonly Subject[],
  operation: string,
  body: unknown,
  { authorize, run }: Change,
): Promise<Answer> {
  const { database, principal, idempotencyKey: header } = request;
  const once = { user: principal.user.key, operation, header, body };
  let recorded: RecordedChange | undefined;
  const answer = await runOnce(database, once, nowSeconds(request), {
    open: (transaction) => open(request, transaction),
    authorize: async (context, remembered) => {
      await authorize(context, remembered);
      recorded = await request.fence.record(context.transaction, subjects);
    },
    run,
    keep: (made) => (request.isSecretRepeated ? made : { $key: made["$key"] }),
    read: (remembered) => rememberedAnswer.parse(remembered),
  });
  if (recorded !== undefined) {
    await request.fence.hold(recorded);
  }
  return answer;
}

const rememberedAnswer = z.record(z.string(), z.unknown());

async function open(request: TableRequest, transaction: Database): Promise<WriteContext> {
  const { principal, peppers, nowMs } = request;
  return { transaction, principal, peppers, nowMs, rights: await rightsOf(transaction, principal.user) };
}

/** The same for a change of one row, which is held from then on, and on which the caller has the right. */
async function openAt(
  request: TableRequest,
  transaction: Database,
  table: Table,
  key: RowKey,
  right: Exclude<Right, "create">,
): Promise<{ readonly context: WriteContext; readonly told: Answer | undefined }> {
  const [context, told] = await together(open(request, transaction), lockRow(transaction, table, key));
  await requireLocked(context, table, key, right, told !== undefined);
  return { context, told };
}

/** Whether the caller holds a right on a row, for those who offer only what can be done. */
export async function mayDo(
  request: Pick<TableRequest, "database" | "principal">,
  table: Table,
  key: RowKey,
  right: Exclude<Right, "create">,
): Promise<boolean> {
  const rights = await rightsOf(request.database, request.principal.user);
  return holdsOn(request.database, rights, table, right, key);
}

function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === "not_found";
}

/** Whether a body names nothing at all. */
function isEmpty(raw: unknown): boolean {
  return typeof raw === "object" && raw !== null && Object.keys(raw).length === 0;
}

function keyOf(table: Table, text: string): RowKey {
  if (table.query.keyType === "number") {
    return rowKeyOf(text);
  }
  if (text.includes("\0")) {
    throw notFound();
  }
  return text;
}
