/** Anything JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Bytes that core stores beside an object's state: absent from every plan and output, but in the state file in clear,
 * so never a place for a secret. Good for revisions and etags. Untouched bytes go back exactly as they came.
 */
export class PrivateState {
  #bytes: Uint8Array;

  constructor(bytes: Uint8Array = new Uint8Array()) {
    this.#bytes = bytes;
  }

  /** What was last written, or null for an object without private state. */
  read(): Json {
    return this.#bytes.length === 0 ? null : JSON.parse(new TextDecoder().decode(this.#bytes));
  }

  write(value: Json): void {
    this.#bytes = new TextEncoder().encode(JSON.stringify(value));
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }
}
