import { once } from "node:events";
import net from "node:net";

/** Whether a body, which our answers have in ASCII, is there as far as its length was said. */
function isWhole(answer: string): boolean {
  const head = answer.indexOf("\r\n\r\n");
  const length = Number(/^content-length: (\d+)/im.exec(answer)?.[1]);
  return head >= 0 && answer.length >= head + 4 + length;
}

/**
 * A connection that asks for one thing at a time, with as little of a client around it as there can be: what a client
 * does itself would be measured with the server.
 */
export class Connection {
  readonly #socket: net.Socket;
  /** Rejects when the server closes. */
  readonly #closed: Promise<never>;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    this.#closed = once(socket, "close").then(() => {
      throw new Error("the server closed the connection");
    });
    this.#closed.catch(() => {});
  }

  static async open(port: number): Promise<Connection> {
    const socket = net.connect(port, "127.0.0.1").setNoDelay();
    await once(socket, "connect");
    return new Connection(socket);
  }

  /** Milliseconds until the answer is there. Throws when it is not a 200. */
  async time(method: string, path: string, authorization: string): Promise<number> {
    const answered = this.#nextData();
    const startedAt = performance.now();
    this.#socket.write(
      `${method} ${path} HTTP/1.1\r\nHost: keyward\r\nAuthorization: ${authorization}\r\n\r\n`,
    );
    let answer = await answered;
    const tookMs = performance.now() - startedAt;
    while (!isWhole(answer)) {
      answer += await this.#nextData();
    }
    if (!answer.startsWith("HTTP/1.1 200 ")) {
      throw new Error(`${method} ${path} was answered:\n${answer}`);
    }
    return tookMs;
  }

  async #nextData(): Promise<string> {
    const [data] = await Promise.race([once(this.#socket, "data"), this.#closed]);
    return String(data);
  }

  close(): void {
    this.#socket.destroy();
  }
}
