/** Diagnostics as protocol messages, and thrown errors as diagnostics. */

import { type Diagnostic, diagnostic, type Path, ProviderError } from "./diagnostics.ts";
import type { AttributePath, DiagnosticMessage } from "./messages.ts";

/** The Diagnostic message; a diagnostic without a path belongs to the whole block. */
export function toDiagnosticMessage({ severity, summary, detail, path }: Diagnostic): DiagnosticMessage {
  return {
    severity: severity === "error" ? "ERROR" : "WARNING",
    summary,
    detail,
    attribute: path.length === 0 ? undefined : toAttributePath(path),
  };
}

/** The AttributePath message. */
export function toAttributePath(path: Path): AttributePath {
  return {
    steps: path.map((step) => {
      if (typeof step === "string") {
        return { selector: { case: "attributeName", value: step } };
      }
      return typeof step === "number"
        ? { selector: { case: "elementKeyInt", value: step } }
        : { selector: { case: "elementKeyString", value: step.key } };
    }),
  };
}

/**
 * What the user is told about something thrown. Only a ProviderError's text is meant for them; of everything else just
 * the kind is shown, because texts of foreign errors quote what they choked on (`JSON.parse` does), and that may be a secret.
 */
export function diagnosticsOf(thrown: unknown, work: string): readonly Diagnostic[] {
  if (thrown instanceof ProviderError) {
    return thrown.diagnostics;
  }
  const detail =
    `${kindOf(thrown)} while the provider did "${work}". This is a defect of the provider. ` +
    "Run again with TF_LOG_PROVIDER=TRACE and report the lines around it.";
  return [diagnostic("error", "The provider failed unexpectedly", { detail })];
}

/** An error's name and code, e.g. `TypeError` or `Error ECONNREFUSED`; both are chosen by programs, not by users. */
export function kindOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) {
    return `A thrown ${typeof thrown}`;
  }
  const code = "code" in thrown && typeof thrown.code === "string" ? ` ${thrown.code}` : "";
  return `${thrown.name}${code}`;
}

/** Where it was thrown, without the error's text: the stack's frames only. */
export function framesOf(thrown: unknown): string {
  const lines = thrown instanceof Error ? (thrown.stack ?? "").split("\n") : [];
  return lines.filter((line) => line.startsWith("    at ")).join("\n");
}
