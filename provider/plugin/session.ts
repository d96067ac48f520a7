import { setMaxListeners } from "node:events";
import { ProviderError } from "./diagnostics.ts";

/** What changes in the life of one provider process: its client, and whether the user stopped the run. */
export class Session {
  #client: { readonly value: unknown } | null = null;
  #stop = createStop();

  /** Set by ConfigureProvider, before core asks for anything that needs it. */
  configure(client: unknown): void {
    this.#client = { value: client };
  }

  get client(): unknown {
    if (this.#client === null) {
      throw new ProviderError("The provider is not configured", {
        detail: "Terraform asked for an object before it had configured the provider.",
      });
    }
    return this.#client.value;
  }

  /** Of the calls in flight. Later calls get a fresh one: a stopped run may still have something to finish. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Aborts what is in flight; the reason is an error that can be shown as it is. */
  stop(): void {
    this.#stop.abort(new ProviderError("Stopped", { detail: "The run was stopped before this was done." }));
    this.#stop = createStop();
  }
}

/** Every request in flight listens to the one signal, and that many listeners are no leak. */
function createStop(): AbortController {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  return stop;
}
