/** A step into a map: a string alone would be read as an attribute name. */
interface MapKey {
  readonly key: string;
}

/**
 * Where in a value something is: attribute names, list indexes and map keys from the outside in. There is no step into
 * a set (the protocol has none): a path ends at the set itself.
 */
export type Path = readonly (string | number | MapKey)[];

/** One message to the user, placed on the line of configuration that its path names. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly summary: string;
  readonly detail: string;
  readonly path: Path;
}

/** What a hook may add to a summary; `attribute` is one attribute's name or a whole path. */
export interface DiagnosticOptions {
  readonly detail?: string;
  readonly attribute?: string | Path;
}

/** Adds a message for the user without stopping the work at hand. */
export type Report = (summary: string, options?: DiagnosticOptions) => void;

/**
 * A failure whose text is meant for the user. Anything else that is thrown is taken for a defect of the provider, and
 * its text is withheld, because it may quote a secret.
 */
export class ProviderError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(summary: string, options: DiagnosticOptions & { cause?: unknown } = {}) {
    super(summary, { cause: options.cause });
    this.name = "ProviderError";
    this.diagnostics = [diagnostic("error", summary, options)];
  }
}

/** Writes a diagnostic from its parts. */
export function diagnostic(
  severity: Diagnostic["severity"],
  summary: string,
  options: DiagnosticOptions = {},
): Diagnostic {
  return { severity, summary, detail: options.detail ?? "", path: toPath(options.attribute) };
}

/** Accepts the short form of a path, one attribute's name. */
export function toPath(attribute: string | Path | undefined): Path {
  if (attribute === undefined) {
    return [];
  }
  return typeof attribute === "string" ? [attribute] : attribute;
}

/** Whether any of them stops the work. */
export function hasError(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((one) => one.severity === "error");
}
