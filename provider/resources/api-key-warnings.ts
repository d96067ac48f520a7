import { sentence } from "../failures.ts";
import type { Report } from "../plugin/diagnostics.ts";
import { attributeOfField } from "./api-key-state.ts";

const attributes = new Set(["name", "description", "expires_at", "ip_allow_list", "ip_deny_list"]);

/** Passes on what the server accepted and doubts was meant, on the attribute that it is about. */
export function tellWarnings(warnings: readonly string[], warn: Report): void {
  for (const text of warnings) {
    const field = /^([a-z_]+): /.exec(text)?.[1] ?? "";
    const attribute = attributeOfField[field] ?? field;
    warn("The server accepted this, but doubts that it was meant", {
      detail: sentence(text),
      ...(attributes.has(attribute) ? { attribute } : {}),
    });
  }
}
