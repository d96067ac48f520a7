import type { Child } from "hono/jsx";

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: Child;
  readonly error?: string | undefined;
  readonly children: Child;
}

/** A label, its input, and below it what helps and what is wrong; {@link describedBy} ties them together. */
export function Field({ id, label, hint, error, children }: FieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {error === undefined ? null : (
        <p class="fault" id={`${id}-fault`}>
          <bdi>{error}</bdi>
        </p>
      )}
      {hint === undefined ? null : (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** The attributes by which an input names its hint and its fault. */
export function describedBy(
  id: string,
  { hint = false, error }: { hint?: boolean; error?: string | undefined },
) {
  const ids = [error === undefined ? "" : `${id}-fault`, hint ? `${id}-hint` : ""].filter(
    (part) => part !== "",
  );
  return {
    ...(ids.length === 0 ? {} : { "aria-describedby": ids.join(" ") }),
    ...(error === undefined ? {} : { "aria-invalid": "true" as const }),
  };
}
