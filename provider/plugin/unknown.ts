/**
 * A value that Terraform will only know later ("known after apply").
 *
 * It keeps the MessagePack extension it was read from, so that sending it back is exact to the byte: extension 0 is a
 * plain unknown, extension 12 carries refinements ("not null, starts with ci-") that core would otherwise lose.
 */
export class Unknown {
  readonly #extensionType: number;
  readonly #body: Uint8Array;

  constructor(extensionType = 0, body: Uint8Array = Uint8Array.of(0)) {
    this.#extensionType = extensionType;
    this.#body = body;
  }

  /** 0 for a plain unknown, 12 for one with refinements. */
  get extensionType(): number {
    return this.#extensionType;
  }

  /** The extension's bytes, meaningless here and never changed. */
  get body(): Uint8Array {
    return this.#body;
  }
}

/** The plain unknown, for everything this provider itself cannot know before apply. */
export const unknown: Unknown = new Unknown();

/** Narrows away what is not known yet; validators and plan hooks ask this before they look at a value. */
export function isUnknown(value: unknown): value is Unknown {
  return value instanceof Unknown;
}
