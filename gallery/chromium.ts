import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The Chromium that the machine has, by KEYWARD_CHROMIUM or where distributions put it; undefined where there is none. */
export function findChromium(): string | undefined {
  const named = process.env["KEYWARD_CHROMIUM"];
  return [...(named === undefined ? [] : [named]), ...places].find((place) => existsSync(place));
}

/** Starts it without a window. */
export function startChromium(executablePath: string): Promise<Browser> {
  // Chromium refuses to sandbox itself for root, which is whom containers run as.
  const asRoot = process.getuid?.() === 0;
  return chromium.launch({ executablePath, args: asRoot ? ["--no-sandbox"] : [], chromiumSandbox: !asRoot });
}
