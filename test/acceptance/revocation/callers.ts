import http from "node:http";

/** How long the answer to a change is waited for, in milliseconds. */
const patienceMs = 10_000;

/** How long a verdict is waited for: who waits for a server that is stopped presents no other key meanwhile. */
const verdictPatienceMs = 400;

/** Sends requests to one server over connections that stay open. */
export class Caller {
  readonly #port: number;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 24 });

  constructor(port: number) {
    this.#port = port;
  }

  /** The status of the answer; undefined when there is none. */
  call(method: string, path: string, secret: string, body?: unknown): Promise<number | undefined> {
    return new Promise((resolve) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const request = http.request(
        {
          host: "127.0.0.1",
          port: this.#port,
          method,
          path,
          agent: this.#agent,
          timeout: method === "GET" ? verdictPatienceMs : patienceMs,
          headers: {
            Authorization: `Bearer ${secret}`,
            ...(text === undefined
              ? {}
              : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) }),
          },
        },
        (response) => {
          response.resume();
          response.once("end", () => resolve(response.statusCode));
          response.once("error", () => resolve(undefined));
        },
      );
      request.once("error", () => resolve(undefined));
      request.once("timeout", () => request.destroy());
      request.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
