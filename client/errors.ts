/** The server answered that it would not. `message` is its own text; validation errors start with a field and a colon. */
export class RequestRefused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }

  /** The field that the server found fault with, where its message names one. */
  get field(): string | undefined {
    return /^([a-z_]+): /.exec(this.message)?.[1];
  }
}

/** No answer came, or one that is not the API's: nothing is known of what the server did. */
export class NoAnswer extends Error {}

/** No answer came because the caller's signal ended the wait for one. */
export class Interrupted extends NoAnswer {}
