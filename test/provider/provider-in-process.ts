import { once } from "node:events";
import { type Http2Bindings, type HttpBindings, serve } from "@hono/node-server";
import { expect } from "vitest";
import { silentLogger } from "../../provider/plugin/log.ts";
import { type DiagnosticMessage, protocol } from "../../provider/plugin/messages.ts";
import type { MessageType } from "../../provider/plugin/protobuf-declaration.ts";
import { providerCalls } from "../../provider/plugin/provider-service.ts";
import type { Provider } from "../../provider/plugin/resource.ts";
import type { Rpc, RpcSurroundings } from "../../provider/plugin/rpc.ts";
import type { Attributes, Schema } from "../../provider/plugin/schema.ts";
import { decodeObject, encodeObject, type ObjectValue } from "../../provider/plugin/values.ts";
import { createProvider } from "../../provider/provider.ts";
import { type DatabaseUnderTest, openMemory } from "../databases.ts";
import { TestServer } from "../server/test-server.ts";
import { judgedCalls } from "./oracle/judge.ts";

type Bindings = HttpBindings | Http2Bindings;

/** What stands between the provider and the server: does the request with `pass`, and answers what the provider gets. */
export type Fault = (request: Request, pass: () => Promise<Response>) => Promise<Response>;

/** A server in this process behind a socket of its own, with a place for faults on the way. */
export class ListeningServer {
  readonly server: TestServer;
  readonly url: string;
  /** What happens to requests; none when undefined. */
  fault: Fault | undefined;
  /** Each request so far, such as `POST /api/v4/users`. */
  readonly requests: string[] = [];
  readonly #close: () => Promise<void>;

  private constructor(server: TestServer, listening: ReturnType<typeof serve>, port: number) {
    this.server = server;
    this.url = `http://127.0.0.1:${port}`;
    this.#close = () =>
      new Promise((resolve) => {
        listening.close(() => resolve());
        // The provider keeps its connections open for a next request, and closing waits for them.
        if ("closeAllConnections" in listening) {
          listening.closeAllConnections();
        }
      });
  }

  static async start(open: DatabaseUnderTest["open"] = openMemory): Promise<ListeningServer> {
    const server = await TestServer.start(await open());
    server.nowMs = Date.now();
    let started: ListeningServer | undefined;
    const listening = serve({
      fetch: (request: Request, bindings: Bindings) => started?.answer(request, bindings) ?? expect.fail(),
      hostname: "127.0.0.1",
      port: 0,
    });
    await once(listening, "listening");
    const address = listening.address();
    started = new ListeningServer(
      server,
      listening,
      typeof address === "object" && address !== null ? address.port : 0,
    );
    return started;
  }

  /** Does what a request asks for, unless a fault has it otherwise. */
  async answer(request: Request, bindings: Bindings): Promise<Response> {
    this.requests.push(`${request.method} ${new URL(request.url).pathname}`);
    const pass = async () => this.server.app.hono.fetch(request, bindings);
    return this.fault === undefined ? pass() : this.fault(request, pass);
  }

  async stop(): Promise<void> {
    await this.#close();
    await this.server.stop();
  }
}

/** An answer that is lost on the way: what comes is no answer of the API, and says nothing of what was done. */
export async function lose(pass: () => Promise<Response>): Promise<Response> {
  await pass();
  return new Response("<html>a proxy's own page</html>", { status: 200 });
}

type Protocol = typeof protocol;

/** The name of a call of the protocol. */
export type CallName = keyof Protocol;

type RequestOf<N extends CallName> = Protocol[N]["request"] extends MessageType<infer R> ? R : never;
type ResponseOf<N extends CallName> = Protocol[N]["response"] extends MessageType<infer R> ? R : never;

type Messages = {
  readonly [N in CallName]: {
    readonly request: MessageType<RequestOf<N>>;
    readonly response: MessageType<ResponseOf<N>>;
  };
};

const messages: Messages = protocol;

/**
 * A provider in this process, called as core calls it: Keyward's own, unless a test brings another. Every answer is judged
 * by core's rules (see oracle/judge.ts), whatever the test looks at.
 */
export class ProviderInProcess {
  readonly provider: Provider;
  readonly #calls: readonly Rpc[];

  constructor(provider: Provider = createProvider({}), surroundings: Partial<RpcSurroundings> = {}) {
    this.provider = provider;
    const calls = providerCalls(provider, { logger: silentLogger, elapsedMs: () => 0, ...surroundings });
    this.#calls = judgedCalls(provider, calls);
  }

  /** Configured for a server, with a key of user admin. */
  static async configure({ server, url }: ListeningServer): Promise<ProviderInProcess> {
    const configured = new ProviderInProcess();
    const { secret } = await server.createApiKey({ user: 1, name: `provider ${Math.random()}` });
    await configured.configureWith({ endpoint: url, token: secret });
    return configured;
  }

  /** One call of the protocol. */
  async call<N extends CallName>(name: N, request: Partial<RequestOf<N>>): Promise<ResponseOf<N>> {
    const found = this.#calls.find((one) => one.name === name) ?? expect.fail(`there is no call ${name}`);
    return messages[name].response.decode(await found.call(messages[name].request.encode(request)));
  }

  /** Configures the provider, as core does before it asks for any object. */
  async configureWith(config: ObjectValue): Promise<readonly DiagnosticMessage[]> {
    const { diagnostics } = await this.call("ConfigureProvider", {
      terraformVersion: "1.11.4",
      config: encodeObject(this.provider.schema.attributes, config),
    });
    return diagnostics;
  }

  /** The schema of a resource. */
  schemaOf(typeName: string): Schema {
    return this.provider.resources.find((one) => one.typeName === typeName)?.schema ?? expect.fail(typeName);
  }

  /** What Ctrl-C does. */
  async stop(): Promise<void> {
    await this.call("StopProvider", {});
  }

  /** A resource that is not there yet. */
  resource(typeName: string): ResourceInProcess {
    return new ResourceInProcess(this, typeName);
  }
}

/** What a plan says. */
export interface InProcessPlan {
  readonly planned: ObjectValue | null;
  readonly plannedPrivate: Uint8Array;
  readonly diagnostics: readonly DiagnosticMessage[];
}

/** One resource with its state, as core keeps it: errors of an apply leave what the provider answered. */
export class ResourceInProcess {
  readonly attributes: Attributes;
  state: ObjectValue | null = null;
  privateBytes: Uint8Array = new Uint8Array();
  readonly #provider: ProviderInProcess;
  readonly #typeName: string;

  constructor(provider: ProviderInProcess, typeName: string) {
    this.#provider = provider;
    this.#typeName = typeName;
    this.attributes = provider.schemaOf(typeName).attributes;
  }

  /** An attribute of the state, as text. */
  text(name: string): string {
    return String(this.state?.[name] ?? expect.fail(`${name} is null`));
  }

  async validate(config: ObjectValue): Promise<readonly DiagnosticMessage[]> {
    const answer = await this.#provider.call("ValidateResourceConfig", {
      typeName: this.#typeName,
      config: this.#encode(config),
      clientCapabilities: { deferralAllowed: false, writeOnlyAttributesAllowed: true },
    });
    return answer.diagnostics;
  }

  async plan(config: ObjectValue): Promise<InProcessPlan> {
    const answer = await this.#provider.call("PlanResourceChange", {
      typeName: this.#typeName,
      priorState: encodeObject(this.attributes, this.state),
      proposedNewState: this.#encode(config),
      config: this.#encode(config),
      priorPrivate: this.privateBytes,
    });
    return {
      planned: decodeObject(this.attributes, answer.plannedState),
      plannedPrivate: answer.plannedPrivate,
      diagnostics: answer.diagnostics,
    };
  }

  /** Plans and applies; answers the diagnostics of both. */
  async apply(config: ObjectValue): Promise<readonly DiagnosticMessage[]> {
    const { planned, plannedPrivate, diagnostics } = await this.plan(config);
    if (diagnostics.some(({ severity }) => severity === "ERROR")) {
      return diagnostics;
    }
    const answer = await this.#provider.call("ApplyResourceChange", {
      typeName: this.#typeName,
      priorState: encodeObject(this.attributes, this.state),
      plannedState: encodeObject(this.attributes, planned),
      config: this.#encode(config),
      plannedPrivate,
    });
    const state = decodeObject(this.attributes, answer.newState);
    const hasFailed = answer.diagnostics.some(({ severity }) => severity === "ERROR");
    if (state !== null || !hasFailed) {
      this.state = state;
      this.privateBytes = answer.privateBytes;
    }
    return [...diagnostics, ...answer.diagnostics];
  }

  async read(): Promise<readonly DiagnosticMessage[]> {
    const answer = await this.#provider.call("ReadResource", {
      typeName: this.#typeName,
      currentState: encodeObject(this.attributes, this.state),
      privateBytes: this.privateBytes,
    });
    this.state = decodeObject(this.attributes, answer.newState);
    this.privateBytes = answer.privateBytes;
    return answer.diagnostics;
  }

  /** Takes an object over, and reads it, as core does. */
  async import(id: string): Promise<readonly DiagnosticMessage[]> {
    const { importedResources, diagnostics } = await this.#provider.call("ImportResourceState", {
      typeName: this.#typeName,
      id,
    });
    const [imported] = importedResources;
    this.state = decodeObject(this.attributes, imported?.state);
    this.privateBytes = imported?.privateBytes ?? new Uint8Array();
    return [...diagnostics, ...(await this.read())];
  }

  async destroy(): Promise<readonly DiagnosticMessage[]> {
    const answer = await this.#provider.call("ApplyResourceChange", {
      typeName: this.#typeName,
      priorState: encodeObject(this.attributes, this.state),
      plannedState: encodeObject(this.attributes, null),
      config: encodeObject(this.attributes, null),
      plannedPrivate: this.privateBytes,
    });
    this.state = null;
    return answer.diagnostics;
  }

  /** A configuration with null for what it leaves out, as core sends it. */
  #encode(config: ObjectValue) {
    const names = Object.keys(this.attributes);
    return encodeObject(
      this.attributes,
      Object.fromEntries(names.map((name) => [name, config[name] ?? null])),
    );
  }
}
