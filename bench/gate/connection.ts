import { once } from "node:events";
import net from "node:net";

/**
 * A connection that asks for one thing at a time, with as little of a client around it as there can be: what a client
 * does itself would be measured with the server.
 */
export class Connection {
  readonly #socket: net.Socket;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
  }

  static async open(port: number): Promise<Connection> {
    const socket = net.connect(port, "127.0.0.1").setNoDelay();
    await once(socket, "connect");
    return new Connection(socket);
  }

  /** Milliseconds until the answer is there. Throws when it is not a 200. */
  async time(method: string, path: string, authorization: string): Promise<number> {
    const answered = once(this.#socket, "data");
    const startedAt = performance.now();
    this.#socket.write(
      `${method} ${path} HTTP/1.1\r\nHost: keyward\r\nAuthorization: ${authorization}\r\n\r\n`,
    );
    const [answer] = await answered;
    const tookMs = performance.now() - startedAt;
    if (!String(answer).startsWith("HTTP/1.1 200 ")) {
      throw new Error(`${method} ${path} was answered:\n${answer}`);
    }
    return tookMs;
  }

  close(): void {
    this.#socket.destroy();
  }
}
