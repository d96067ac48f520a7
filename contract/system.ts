import { z } from "zod";
import { jsonAnswer, rowParams } from "./endpoint.ts";
import { rowKey } from "./row.ts";
import { tableSchema } from "./table.ts";

/** The one row of table `system`, which clients read to find out whether they are connected. */
export const systemRow = z
  .object({
    $key: rowKey,
    cloud_name: z.string(),
    yb_version: z.string().describe("The VergeOS version whose API this server speaks."),
    os_version: z.string().describe("The same; which of the two is read differs by client."),
    branch: z.string(),
  })
  .meta({ id: "System" });

/** What `/version.json` says. Clients accept only a `version` whose major number they know (26). */
export const versionDocument = z
  .object({ name: z.string(), version: z.string(), hash: z.string() })
  .meta({ id: "Version" });

/** Who the server takes the caller for. */
export const whoami = z
  .object({
    user: z.object({ $key: rowKey, name: z.string() }),
    api_key: z
      .object({ $key: rowKey, secret_id: z.string() })
      .nullable()
      .describe("The key that was presented; null for a password or a session."),
    address: z
      .string()
      .describe(
        "The address that the lists of keys are held against; empty when it is not known, which no list lets pass.",
      ),
    proxies: z
      .array(z.string())
      .describe(
        "The trusted proxies that were peeled off to find it, nearest first; empty when it is the socket's.",
      ),
    unreadable_hop: z
      .string()
      .nullable()
      .describe(
        "What the last of them wrote into X-Forwarded-For that is no address; null when it wrote one.",
      ),
    system_administrator: z.boolean(),
  })
  .meta({ id: "Whoami" });

/** Endpoints about the server itself. Their query is not looked at: clients send `fields` in many forms. */
export const system = {
  get: {
    operationId: "getSystem",
    summary: "Says what the system is; clients read it to find out whether they are connected.",
    method: "get",
    path: "/api/v4/system",
    responses: { 200: jsonAnswer("An array of exactly one row.", z.array(systemRow)) },
  },
  schema: {
    operationId: "describeSystem",
    summary: "Describes table system; for system administrators.",
    method: "get",
    path: "/api/v4/system/$table",
    responses: { 200: jsonAnswer("The table's schema.", tableSchema) },
  },
  getRow: {
    operationId: "getSystemRow",
    summary: "Reads the one row of table system.",
    method: "get",
    path: "/api/v4/system/{key}",
    request: { params: rowParams },
    responses: { 200: jsonAnswer("The row.", systemRow) },
  },
  version: {
    operationId: "getVersion",
    summary: "Says which version of the API this is; open to all, but bad credentials are refused.",
    method: "get",
    path: "/version.json",
    responses: { 200: jsonAnswer("The API version.", versionDocument) },
  },
  whoami: {
    operationId: "whoami",
    summary: "Says who the server takes the caller for, and which address it sees.",
    method: "get",
    path: "/auth/whoami",
    responses: { 200: jsonAnswer("The caller.", whoami) },
  },
  health: {
    operationId: "getHealth",
    summary: "Says that the process is up.",
    method: "get",
    path: "/healthz",
    responses: { 200: jsonAnswer("The process is up.", z.object({ status: z.literal("ok") })) },
  },
  ready: {
    operationId: "getReadiness",
    summary: "Says that verdicts can be made: 503 while a replica holds no lease. For load balancers.",
    method: "get",
    path: "/readyz",
    responses: { 200: jsonAnswer("Ready.", z.object({ status: z.literal("ready") })) },
  },
  metrics: {
    operationId: "getMetrics",
    summary: "Metrics in Prometheus' text format.",
    method: "get",
    path: "/metrics",
    responses: {
      200: { description: "The metrics.", content: { "text/plain": { schema: z.string() } } },
    },
  },
} as const;
