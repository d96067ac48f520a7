import { errorStatuses } from "../../contract/errors.ts";
import { ApiError, answerError } from "../errors.ts";
import { sessionOf } from "../identity/authenticate.ts";
import type { ConsoleContext, ConsoleDependencies } from "./console-request.ts";
import { sentence } from "./form-faults.ts";
import { frameOf } from "./frame.ts";
import { pageHeaders } from "./page-headers.ts";
import { ErrorScreen } from "./screens/error.tsx";

const pages = new Set(["", "login", "logout", "theme", "users", "api-keys", "logs", "console"]);
const programs = new Set([
  "api",
  "auth",
  "v1",
  "openapi.json",
  "version.json",
  "registry",
  ".well-known",
  "metrics",
]);

/** Whether a failure is answered with a page: on the console's own paths, and where a browser asks for one. */
export function wantsPage(context: ConsoleContext): boolean {
  const first = context.req.path.split("/")[1] ?? "";
  const isBrowser = (context.req.header("Accept") ?? "").includes("text/html");
  return pages.has(first) || (isBrowser && !programs.has(first));
}

const titles: Readonly<Record<number, string>> = {
  403: "Not allowed",
  404: "Not found",
  413: "Too large",
  422: "Not understood",
  500: "Something failed",
};

/** Answers a failure with a page: the same status and words as for programs, and never more. */
export async function answerErrorPage(
  dependencies: ConsoleDependencies,
  error: unknown,
  context: ConsoleContext,
): Promise<Response> {
  const message = error instanceof ApiError ? error.message : failed(context);
  const status = error instanceof ApiError ? errorStatuses[error.code] : errorStatuses.internal;
  // Logs what is our fault and sets the headers of the failure; its body is for programs.
  answerError(error, context);
  await recogniseViewer(dependencies, context);
  const frame = await frameOf(dependencies, context);
  const title = titles[status] ?? "That did not work";
  context.res = await context.html(
    <ErrorScreen frame={frame} title={title} message={sentence(message)} />,
    status,
  );
  // A path that is no page of ours has gone through nothing that would set them.
  await pageHeaders(context, async () => undefined);
  return context.res;
}

/** Whoever is signed in keeps the way to everything else. Where that cannot be found out, nothing more may fail. */
async function recogniseViewer(dependencies: ConsoleDependencies, context: ConsoleContext): Promise<void> {
  if (context.get("principal") !== undefined) {
    return;
  }
  try {
    const principal = await sessionOf(dependencies, context);
    if (principal !== undefined) {
      context.set("principal", principal);
    }
  } catch {
    // The failure that is being answered tells more than that the session cannot be read either.
  }
}

function failed(context: ConsoleContext): string {
  return `the server failed; its log has the cause under request ${context.var.requestId}`;
}
