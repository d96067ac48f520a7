import http from "node:http";

/** How long the answer to a change is waited for, in milliseconds. */
const patienceMs = 10_000;

/** How long a verdict is waited for: who waits for a server that is stopped presents no other key meanwhile. */
const verdictPatienceMs = 400;

/** What is sent. */
interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** Sends requests to one server over connections that stay open. */
export class Caller {
  readonly #port: number;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 24 });

  constructor(port: number) {
    this.#port = port;
  }

  /** The status of the answer; undefined when there is none. */
  call({ method, path, headers, body }: Call): Promise<number | undefined> {
    return new Promise((resolve) => {
      const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
      const request = http.request(
        {
          host: "127.0.0.1",
          port: this.#port,
          method,
          path,
          agent: this.#agent,
          timeout: method === "GET" ? verdictPatienceMs : patienceMs,
          headers: { ...headers, ...length },
        },
        (response) => {
          response.resume();
          response.once("end", () => resolve(response.statusCode));
          response.once("error", () => resolve(undefined));
        },
      );
      request.once("error", () => resolve(undefined));
      request.once("timeout", () => request.destroy());
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
