import { z } from "zod";
import { jsonAnswer } from "./endpoint.ts";
import { rowKey } from "./row.ts";

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

/** Endpoints about the server itself. Their query is not looked at: clients send `fields` in many forms. */
export const system = {
  get: {
    operationId: "getSystem",
    method: "get",
    path: "/api/v4/system",
    responses: { 200: jsonAnswer("An array of exactly one row.", z.array(systemRow)) },
  },
  version: {
    operationId: "getVersion",
    method: "get",
    path: "/version.json",
    responses: { 200: jsonAnswer("The API version.", versionDocument) },
  },
  health: {
    operationId: "getHealth",
    method: "get",
    path: "/healthz",
    responses: { 200: jsonAnswer("The process is up.", z.object({ status: z.literal("ok") })) },
  },
} as const;
