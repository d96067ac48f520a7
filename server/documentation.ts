import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import type { Router } from "./mount.ts";
import { createOpenApi } from "./openapi.ts";

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Keyward API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="documentation"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const start = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#documentation", deepLinking: true });\n`;

// Swagger UI sets styles of its own and has its pictures within its style sheet; nothing comes from elsewhere.
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

const files = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
} as const;

/** Mounts the OpenAPI document of what is mounted already, and the page to read it on. Both are open to all. */
export function mountDocumentation({ hono, endpoints }: Router): void {
  let document: ReturnType<typeof createOpenApi> | undefined;
  hono.get("/openapi.json", (context) => {
    document ??= createOpenApi(endpoints);
    return context.json(document);
  });
  hono.get("/docs", (context) => {
    context.header("Content-Security-Policy", policy);
    return context.html(page);
  });
  hono.get("/docs/start.js", (context) =>
    context.body(start, 200, { "Content-Type": files["swagger-ui-bundle.js"] }),
  );
  const folder = path.dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  for (const [name, type] of Object.entries(files)) {
    hono.get(`/docs/${name}`, async (context) =>
      context.body(await readFile(path.join(folder, name), "utf8"), 200, { "Content-Type": type }),
    );
  }
}
