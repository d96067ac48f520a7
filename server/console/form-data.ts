import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import { ApiError } from "../errors.ts";
import type { ServerEnvironment } from "../request-log.ts";

/** The fields of a form as they were sent. */
export class FormFields {
  readonly #fields: URLSearchParams;

  constructor(fields: URLSearchParams) {
    this.#fields = fields;
  }

  /** The field's value; empty where it was not sent. */
  text(name: string): string {
    // Browsers send line ends as CRLF, whatever was typed.
    return (this.#fields.get(name) ?? "").replaceAll("\r\n", "\n");
  }

  /** Every value of a field that may stand several times. */
  all(name: string): readonly string[] {
    return this.#fields.getAll(name);
  }

  /** The fields `<list>.<place>.<name>`, in the order in which they stand in the form. */
  numbered(list: string, name: string): readonly { readonly place: number; readonly value: string }[] {
    return [...this.#fields].flatMap(([field, value]) => {
      const [, place] = /^\w+\.(\d{1,6})\.\w+$/.exec(field) ?? [];
      return place !== undefined && field === `${list}.${place}.${name}`
        ? [{ place: Number(place), value }]
        : [];
    });
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }

  /**
   * What may be carried over a sign-in: all but passwords, secrets and what to do with it, since a form is shown again and
   * never done again.
   */
  carried(): string {
    const left = [...this.#fields].filter(([name]) => !notCarried.has(name));
    return new URLSearchParams(left).toString();
  }
}

const notCarried = new Set(["do", "once", "password", "secret"]);

/** Reads the form in a request's body. */
export async function readForm(context: Context<ServerEnvironment>): Promise<FormFields> {
  const type = context.req.header("Content-Type") ?? "";
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) {
    throw new ApiError("unsupported_media_type", "body: send a form as application/x-www-form-urlencoded");
  }
  return new FormFields(new URLSearchParams(await context.req.text()));
}

/** A mark that a form carries so that it makes one key, however often it is sent. */
export function drawOnce(): string {
  return `console-${randomUUID()}`;
}

/** Where to go after signing in: a path of this server, or the start. Never another site (CWE-601). */
export function safePath(next: string | undefined): string {
  // A browser reads a backslash as a slash and drops tabs and line ends, so such a path could name a host.
  const isLocal = next !== undefined && /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(next);
  return isLocal && new URL(next, "http://here.invalid").host === "here.invalid" ? next : "/";
}
