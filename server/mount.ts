import type { Context, Hono } from "hono";
import type { z } from "zod";
import type { Endpoint } from "../contract/endpoint.ts";
import { ApiError, notFound } from "./errors.ts";
import type { ServerEnvironment } from "./request-log.ts";
import { parseInput, parseQuery } from "./validation.ts";

/** A request with what every handler may look at: the principal, the log, the headers. */
export type RequestContext = Context<ServerEnvironment>;

/** What a handler gets of a request, checked and typed by the endpoint's schemas. */
export interface EndpointInput<E extends Endpoint> {
  readonly params: Parsed<E["request"], "params">;
  readonly query: Parsed<E["request"], "query">;
  readonly body: BodyOf<E["request"]>;
}

type Parsed<Request, Part extends string> =
  Request extends Readonly<Record<Part, infer Schema extends z.ZodType>> ? z.output<Schema> : undefined;

type BodyOf<Request> = Request extends {
  readonly body: {
    readonly content: { readonly "application/json": { readonly schema: infer Schema extends z.ZodType } };
  };
}
  ? z.output<Schema>
  : undefined;

/** Where to put an endpoint, and which endpoints there are already. */
export interface Router {
  readonly hono: Hono<ServerEnvironment>;
  /** Every endpoint mounted so far, from which the OpenAPI document is made: what is mounted is documented. */
  readonly endpoints: Endpoint[];
}

/**
 * Mounts an endpoint: its request is checked against its schemas, and what the handler answers is sent as JSON. With
 * `body`, the handler checks the body itself, because which schema holds depends on the rest of the request.
 */
export function mount<const E extends Endpoint>(
  { hono, endpoints }: Router,
  endpoint: E,
  handle: (context: RequestContext, input: EndpointInput<E>) => Promise<unknown> | unknown,
  options: { readonly body?: RequestBody } = {},
): void {
  endpoints.push(endpoint);
  const status = Object.keys(endpoint.responses)[0] === "201" ? 201 : 200;
  hono.on(endpoint.method.toUpperCase(), honoPath(endpoint.path), async (context) => {
    const answer = await handle(context, await readInput(context, endpoint, options.body));
    return answer instanceof Response ? answer : context.json(answer, status);
  });
}

/** Parameters stand in braces in OpenAPI and after a colon in Hono. */
export function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

type RequestBody = NonNullable<NonNullable<Endpoint["request"]>["body"]>;

async function readInput<E extends Endpoint>(
  context: RequestContext,
  { request }: E,
  ownBody: RequestBody | undefined,
): Promise<EndpointInput<E>> {
  const body = ownBody ?? request?.body;
  const input = {
    params: request?.params === undefined ? undefined : readParams(context, request.params),
    query: request?.query === undefined ? undefined : parseQuery(request.query, context.req.queries()),
    body:
      body === undefined
        ? undefined
        : parseInput(body.content["application/json"].schema, await readJson(context, body.required)),
  };
  // Each part was parsed with the very schema whose output the type names; TypeScript cannot follow the generic.
  return input as EndpointInput<E>;
}

/** A path parameter that cannot be right is a row that is not there. */
function readParams(context: RequestContext, schema: z.ZodType): unknown {
  const parsed = schema.safeParse(context.req.param());
  if (!parsed.success) {
    throw notFound();
  }
  return parsed.data;
}

async function readJson(context: RequestContext, isRequired: boolean): Promise<unknown> {
  const text = await context.req.text();
  if (text.trim() === "" && !isRequired) {
    return {};
  }
  const type = context.req.header("Content-Type") ?? "";
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new ApiError(
      "unsupported_media_type",
      "body: send JSON with the header Content-Type: application/json",
    );
  }
  const body = parseJson(text);
  if (isDeeper(body, levelsMax)) {
    throw new ApiError("invalid", `body: is nested more than ${levelsMax} levels deep`);
  }
  return body;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError("bad_request", "body: is not JSON; send one JSON object");
  }
}

/**
 * The most arrays and objects in each other. Far more than any body has, and little enough for whatever goes through one
 * by recursion, as JSON.stringify does.
 */
const levelsMax = 32;

/** Level by level and not by recursion, which is what too deep a body would exhaust. */
function isDeeper(body: unknown, levels: number): boolean {
  let level = [body].filter(isContainer);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > levels) {
      return true;
    }
    level = level.flatMap((container) => Object.values(container).filter(isContainer));
  }
  return false;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
