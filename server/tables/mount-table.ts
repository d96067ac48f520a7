import { z } from "zod";
import { optionalJsonBody, rowParams } from "../../contract/endpoint.ts";
import { changeQuery, listQuery, rowQuery } from "../../contract/table.ts";
import type { Database } from "../database.ts";
import { ApiError } from "../errors.ts";
import type { Fence } from "../fence.ts";
import { rightsOf } from "../identity/rights-of.ts";
import type { Peppers } from "../identity/secrets.ts";
import { mount, type RequestContext, type Router } from "../mount.ts";
import type { Table } from "./define-table.ts";
import { describeTable } from "./describe-table.ts";
import {
  actOnRow,
  createRow,
  deleteRow,
  getRow,
  listRows,
  type TableRequest,
  updateRow,
  type VersionedRow,
} from "./serve-table.ts";

/** What tables work with. */
export interface TableDependencies {
  readonly database: Database;
  readonly peppers: Peppers;
  readonly fence: Fence;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

// A body's schema is the table's own, or that of the action which the query names, so it is checked further in.
const body = optionalJsonBody(z.unknown());

/** Mounts every endpoint of a table, among them row actions in the three forms that clients use. */
export function mountTable(router: Router, dependencies: TableDependencies, table: Table): void {
  const { endpoints } = table;
  const requestOf = (context: RequestContext) => tableRequest(dependencies, context);
  mountReads(router, requestOf, table);
  if (endpoints.create !== undefined) {
    const { create } = endpoints;
    mount(router, create, (context, input) => createRow(requestOf(context), table, input.body), { body });
  }
  if (endpoints.update !== undefined) {
    mount(
      router,
      endpoints.update,
      async (context, { params, query, body: raw }) => {
        const { key } = rowParams.parse(params);
        const { action } = changeQuery.parse(query);
        const request = requestOf(context);
        return action === undefined
          ? answerRow(context, await updateRow(request, table, key, raw))
          : actOnRow(request, table, key, action, raw);
      },
      { body },
    );
  }
  if (endpoints.delete !== undefined) {
    mount(router, endpoints.delete, async (context, { params }) => {
      await deleteRow(requestOf(context), table, rowParams.parse(params).key);
      return {};
    });
  }
  mountActions(router, requestOf, table);
}

type RequestOf = (context: RequestContext) => TableRequest;

function mountReads(router: Router, requestOf: RequestOf, table: Table): void {
  const { endpoints } = table;
  mount(router, endpoints.list, (context, { query }) =>
    listRows(requestOf(context), table, listQuery.parse(query)),
  );
  mount(router, endpoints.schema, async (context) => {
    const { database, principal } = requestOf(context);
    const rights = await rightsOf(database, principal.user);
    if (!rights.isSystemAdministrator) {
      throw new ApiError("forbidden", "the schemas of tables are for system administrators");
    }
    return describeTable(table);
  });
  mount(router, endpoints.get, async (context, { params, query }) => {
    const { fields } = rowQuery.parse(query);
    return answerRow(context, await getRow(requestOf(context), table, rowParams.parse(params).key, fields));
  });
}

function mountActions(router: Router, requestOf: RequestOf, table: Table): void {
  for (const [name, action] of Object.entries(table.actions)) {
    mount(
      router,
      action.endpoint,
      (context, { params, body: raw }) =>
        actOnRow(requestOf(context), table, rowParams.parse(params).key, name, raw),
      { body },
    );
  }
  const { act } = table.endpoints;
  if (act !== undefined) {
    mount(router, act, (context, { body: raw }) => {
      const { action, params, ...rest } = actionRequest.parse(raw);
      return actOnRow(requestOf(context), table, String(rest[table.singular]), action, params ?? {});
    });
  }
}

const actionRequest = z
  .object({ action: z.string(), params: z.record(z.string(), z.unknown()).optional() })
  .catchall(z.unknown());

function answerRow(context: RequestContext, { row, etag }: VersionedRow): VersionedRow["row"] {
  if (etag !== undefined) {
    context.header("ETag", etag);
  }
  return row;
}

function tableRequest(
  { database, peppers, fence, clock }: TableDependencies,
  context: RequestContext,
): TableRequest {
  return {
    database,
    peppers,
    fence,
    principal: context.var.principal,
    nowMs: clock(),
    ifMatch: context.req.header("If-Match"),
    idempotencyKey: context.req.header("Idempotency-Key"),
    isSecretRepeated: true,
  };
}
