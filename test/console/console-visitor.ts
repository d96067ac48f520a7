import { openMemory } from "../databases.ts";
import { adminPassword, TestServer } from "../server/test-server.ts";
import { buildConsole } from "./running-console.ts";

/** Without it the server would take a form for one that another site sent. */
const sameOrigin = { "Sec-Fetch-Site": "same-origin" };

interface VisitOptions {
  /** The session's cookie; empty for none. */
  readonly as?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

type Fields = Record<string, string> | URLSearchParams;

/** A visitor of the console without a browser: what the server answers to addresses and forms, word for word. */
export class ConsoleVisitor {
  readonly server: TestServer;
  /** The cookie of user `admin`'s session. */
  readonly cookie: string;

  private constructor(server: TestServer, cookie: string) {
    this.server = server;
    this.cookie = cookie;
  }

  /** A server of its own, and user `admin` signed in on it. */
  static async start(): Promise<ConsoleVisitor> {
    await buildConsole();
    const server = await TestServer.start(await openMemory());
    const visitor = new ConsoleVisitor(server, "");
    return new ConsoleVisitor(server, await visitor.signIn("admin", adminPassword));
  }

  /** Signs in and answers the session's cookie. */
  async signIn(login: string, password: string): Promise<string> {
    return cookieOf(await this.submit("/login", { login, password }, { as: "" }));
  }

  /** Asks for a page. */
  async visit(path: string, options: VisitOptions = {}): Promise<Response> {
    return this.#send(path, options, {});
  }

  /** The text of a page. */
  async read(path: string, options: VisitOptions = {}): Promise<string> {
    return (await this.visit(path, options)).text();
  }

  /** Sends a form. */
  async submit(path: string, fields: Fields, options: VisitOptions = {}): Promise<Response> {
    const body = new URLSearchParams(fields);
    return this.#send(path, { method: "POST", headers: sameOrigin, ...options }, { body });
  }

  async #send(path: string, options: VisitOptions, init: RequestInit): Promise<Response> {
    const { as = this.cookie, headers = {}, method = "GET" } = options;
    const sent = { Host: "keys.example.org", ...(as === "" ? {} : { Cookie: as }), ...headers };
    const environment = { incoming: { socket: { remoteAddress: "192.0.2.1" } } };
    return this.server.app.hono.request(path, { method, headers: sent, ...init }, environment);
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}

/** The cookie that an answer sets, as a browser sends it back. */
export function cookieOf(response: Response): string {
  return (response.headers.get("Set-Cookie") ?? "").split(";")[0] ?? "";
}

/** The form of a new key, as a browser sends it when one presses its button. */
export function newKey(name: string): Record<string, string> {
  return { do: "save", once: `console-test-of-${encodeURIComponent(name)}`, name, expires_type: "never" };
}

/** The text of an element as people read it, found by its id. */
export function textOf(page: string, id: string): string {
  const [, text] = new RegExp(`id="${id}"[^>]*>(.*?)</(?:code|p|div|output)>`, "s").exec(page) ?? [];
  if (text === undefined) {
    throw new Error(`the page has no ${id}`);
  }
  return text
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}
