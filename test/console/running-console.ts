import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { findChromium, startChromium } from "../../gallery/chromium.ts";
import { type RunningServer, startServer } from "../../gallery/running-server.ts";
import { makeSampleData, type SampleData } from "../../gallery/sample-data.ts";
import { signIn } from "../../gallery/screens.ts";
import { bundleAssets } from "../../server/console/bundle.ts";
import { openMemory } from "../databases.ts";

/** Where Chromium is; without it, which the global setup says by name, the tests in a browser do not run. */
export const chromium = findChromium();

/** The console on a real server, as people use it: in a browser of their own. */
export class RunningConsole {
  readonly server: RunningServer;
  readonly data: SampleData;
  readonly #browser: Browser;
  /** The cookies of one sign-in, for all tests that only need somebody: proving a password costs time by design. */
  #adminState: Awaited<ReturnType<BrowserContext["storageState"]>> | undefined;
  /** By how much the server's clock is ahead; a test lets time pass. */
  readonly late: { seconds: number };

  private constructor(server: RunningServer, data: SampleData, browser: Browser, late: { seconds: number }) {
    this.server = server;
    this.data = data;
    this.#browser = browser;
    this.late = late;
  }

  static async start(): Promise<RunningConsole> {
    await buildConsole();
    const late = { seconds: 0 };
    const server = await startServer(() => Date.now() + late.seconds * 1000, openMemory);
    const data = await makeSampleData(server, Math.floor(Date.now() / 1000));
    return new RunningConsole(server, data, await startChromium(chromium ?? ""), late);
  }

  /** A browser without any past, and a page in it. */
  async visit(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({
      baseURL: this.server.url,
      timezoneId: "America/New_York",
      locale: "en-GB",
      permissions: ["clipboard-read", "clipboard-write"],
      ...options,
    });
    context.setDefaultTimeout(10_000);
    return context.newPage();
  }

  /** The same, signed in as user `admin`. */
  async visitAsAdmin(options: BrowserContextOptions = {}): Promise<Page> {
    if (this.#adminState === undefined) {
      const first = await this.visit();
      await signIn(first);
      this.#adminState = await first.context().storageState();
      await first.context().close();
    }
    return this.visit({ storageState: this.#adminState, ...options });
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.server.stop();
  }
}

/** Makes the script and the stylesheet of the present source. */
export async function buildConsole(): Promise<void> {
  await bundleAssets(fileURLToPath(new URL("../../server/console/browser", import.meta.url)));
}
