/** Pictures of every screen of the console: `npm run screenshots`. */

import { mkdir } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { findChromium, startChromium } from "./chromium.ts";
import { startServer } from "./running-server.ts";
import { makeSampleData, type SampleData } from "./sample-data.ts";
import { screens, signIn } from "./screens.ts";

const usage = `Usage: npm run screenshots [-- --out FOLDER]

Starts a server with sample data on an embedded database and writes a picture of every screen of the console, on a desktop
and on a phone, light and dark, to FOLDER (default screenshots). Needs Chromium: /usr/bin/chromium, or the program that
KEYWARD_CHROMIUM names.
`;

const windows = [
  { name: "desktop", viewport: { width: 1280, height: 800 } },
  { name: "phone", viewport: { width: 390, height: 844 } },
] as const;

const schemes = ["light", "dark"] as const;

const { values: options } = parseArgs({
  options: { help: { type: "boolean" }, out: { type: "string", default: "screenshots" } },
});
process.exitCode = options.help ? help() : await takePictures(options.out);

function help(): number {
  process.stdout.write(usage);
  return 0;
}

async function takePictures(folder: string): Promise<number> {
  const program = findChromium();
  if (program === undefined) {
    process.stderr.write("there is no Chromium here; install it, or name it in KEYWARD_CHROMIUM\n");
    return 1;
  }
  await mkdir(folder, { recursive: true });
  const server = await startServer();
  const browser = await startChromium(program);
  try {
    const data = await makeSampleData(server, Math.floor(Date.now() / 1000));
    for (const { name, viewport } of windows) {
      for (const colorScheme of schemes) {
        const look = { baseURL: server.url, viewport, colorScheme, suffix: `${name}-${colorScheme}` };
        await takeSeries(browser, folder, data, look);
      }
    }
  } finally {
    await browser.close();
    await server.stop();
  }
  return 0;
}

interface Look {
  readonly baseURL: string;
  readonly viewport: { readonly width: number; readonly height: number };
  readonly colorScheme: "light" | "dark";
  readonly suffix: string;
}

async function takeSeries(browser: Browser, folder: string, data: SampleData, look: Look): Promise<void> {
  const { suffix, ...settings } = look;
  const signedIn = await signInOnce(browser, look.baseURL);
  for (const { name, open } of screens) {
    const options = { ...settings, ...signedIn, timezoneId: "Europe/Berlin", locale: "en-GB" };
    const context = await browser.newContext(options);
    const page = await context.newPage();
    await open(page, data);
    const file = path.join(folder, `${name}-${suffix}.png`);
    // A dialog is held to the window, so the window is what is seen of it.
    await page.screenshot({ path: file, fullPage: (await page.getByRole("dialog").count()) === 0 });
    await context.close();
    process.stdout.write(`${file}\n`);
  }
}

async function signInOnce(browser: Browser, baseURL: string) {
  const context = await browser.newContext({ baseURL });
  await signIn(await context.newPage());
  const storageState = await context.storageState();
  await context.close();
  return { storageState };
}
