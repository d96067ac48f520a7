import { createDocument, type oas31, type ZodOpenApiOperationObject } from "zod-openapi";
import type { Endpoint } from "../contract/endpoint.ts";
import { type ErrorCode, errorBody, errorDescriptions, errorStatuses, errorsOf } from "../contract/errors.ts";

/** The OpenAPI 3.1 document of these endpoints, made from the schemas that requests are checked against. */
export function createOpenApi(endpoints: readonly Endpoint[]): oas31.OpenAPIObject {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const endpoint of endpoints) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: operation(endpoint) };
  }
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Keyward",
      version: "v4",
      description:
        "API keys declared as code. The tables under /api/v4 speak the VergeOS v4 API; what is Keyward's own says so.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { basic: [] }, { token: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "An API key, or the token of a session." },
        basic: { type: "http", scheme: "basic", description: "A user's name and password." },
        token: {
          type: "apiKey",
          in: "header",
          name: "x-yottabyte-token",
          description: "The token of a session.",
        },
      },
    },
  });
}

function operation(endpoint: Endpoint): ZodOpenApiOperationObject {
  const { operationId, summary, path, request, responses } = endpoint;
  const { params, query, headers, body } = request ?? {};
  const isOpen =
    !path.startsWith("/api/v4/") &&
    !path.startsWith("/auth/") &&
    !path.startsWith("/v1/") &&
    !path.includes("/sys/tokens/{");
  return {
    operationId,
    summary,
    tags: [tagOf(path)],
    ...(isOpen ? { security: [] } : {}),
    requestParams: {
      ...(params === undefined ? {} : { path: params }),
      ...(query === undefined ? {} : { query }),
      ...(headers === undefined ? {} : { header: headers }),
    },
    ...(body === undefined ? {} : { requestBody: { ...body } }),
    responses: { ...responses, ...refusals(endpoint) },
  };
}

function refusals(endpoint: Endpoint): Record<number, ReturnType<typeof refusal>> {
  return Object.fromEntries(errorsOf(endpoint).map((code) => [errorStatuses[code], refusal(code)]));
}

function refusal(code: ErrorCode) {
  return { description: errorDescriptions[code], content: { "application/json": { schema: errorBody } } };
}

/** The table, or the part of the server, that a path belongs to. */
function tagOf(path: string): string {
  const [, first = "", second = "", third = ""] = path.split("/");
  if (first === "sys") {
    return "sessions";
  }
  return first === "api" ? (second === "v4" ? third.replace(/_actions$/, "s") : "sessions") : "server";
}
