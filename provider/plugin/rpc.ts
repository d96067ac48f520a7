/** One remote procedure of the protocol: its messages, its work, and what surrounds every call. */

import { type Diagnostic, diagnostic, type Report } from "./diagnostics.ts";
import { diagnosticsOf, framesOf, kindOf, toDiagnosticMessage } from "./diagnostics-wire.ts";
import type { LogFields, Logger } from "./log.ts";
import type { MessageType } from "./protobuf-declaration.ts";

/** A unary call, with its types erased to bytes so that a server can hold all of them. */
export interface Rpc {
  readonly name: string;
  /** Never rejects for what a hook did: failures are diagnostics in the answer. */
  call(request: Uint8Array): Promise<Uint8Array>;
}

/** Messages for the user; they go back with the answer, also when the work fails afterwards. */
export interface CallContext {
  readonly diagnostics: Diagnostic[];
  readonly error: Report;
  readonly warn: Report;
}

/** What surrounds every call. */
export interface RpcSurroundings {
  readonly logger: Logger;
  /** Milliseconds on a clock that never jumps. */
  readonly elapsedMs: () => number;
}

type Answer<Response> = Partial<Omit<Response, "diagnostics">>;

/** Makes a call from its messages and its work. If the answer has diagnostics, the call fills them in. */
export function rpc<Request, Response>(
  { logger, elapsedMs }: RpcSurroundings,
  name: string,
  types: { readonly request: MessageType<Request>; readonly response: MessageType<Response> },
  work: (request: Request, context: CallContext) => Answer<Response> | Promise<Answer<Response>>,
): Rpc {
  return {
    name,
    async call(bytes) {
      const startedMs = elapsedMs();
      const context = createContext();
      const fields: Record<string, string | number | boolean> = { tf_rpc: name };
      let answer: object = {};
      try {
        const request = types.request.decode(bytes);
        Object.assign(fields, resourceTypeOf(request));
        logger.log("trace", "Received request", fields);
        answer = await work(request, context);
      } catch (thrown) {
        context.diagnostics.push(...diagnosticsOf(thrown, name));
        logger.log("trace", "Thrown", { ...fields, error_kind: kindOf(thrown), stack: framesOf(thrown) });
      }
      const response: object = { ...answer, diagnostics: context.diagnostics.map(toDiagnosticMessage) };
      logger.log("debug", "Served request", {
        ...fields,
        ...summaryOf(context.diagnostics),
        tf_req_duration_ms: Math.round(elapsedMs() - startedMs),
      });
      // A spread of a generic type loses it: this is a Partial<Response>, and encode() ignores members it does not know.
      return types.response.encode(response as Partial<Response>);
    },
  };
}

function createContext(): CallContext {
  const diagnostics: Diagnostic[] = [];
  return {
    diagnostics,
    error: (summary, options) => void diagnostics.push(diagnostic("error", summary, options)),
    warn: (summary, options) => void diagnostics.push(diagnostic("warning", summary, options)),
  };
}

function resourceTypeOf(request: unknown): LogFields {
  if (typeof request === "object" && request !== null && "typeName" in request) {
    return { tf_resource_type: String(request.typeName) };
  }
  return {};
}

/** Counts only: details may quote what the user wrote. */
function summaryOf(diagnostics: readonly Diagnostic[]): LogFields {
  return {
    diagnostic_error_count: diagnostics.filter((one) => one.severity === "error").length,
    diagnostic_warning_count: diagnostics.filter((one) => one.severity === "warning").length,
  };
}
