import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { screens } from "../../gallery/screens.ts";
import { chromium, RunningConsole } from "./running-console.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const result = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
  passes: z.array(z.unknown()),
});

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

async function violationsOn(page: Page, rules?: readonly string[]): Promise<unknown> {
  const runOnly = rules === undefined ? tags : { type: "rule", values: rules };
  const answer = await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(runOnly)} })`);
  const { violations, passes } = result.parse(answer);
  expect(passes.length, "the check ran no rule, so it proves nothing").toBeGreaterThan(0);
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
}

const desktop = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };
const smallest = { width: 320, height: 640 };

/**
 * Adds up by how much things moved by themselves. What follows a press is the viewer's doing: within half a second as browsers
 * count it, and however long the server takes where a form was sent.
 */
const watchShifts = `
  globalThis.shifted = 0;
  let isSent = false;
  addEventListener("submit", () => { isSent = true; }, true);
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) {
      globalThis.shifted += hadRecentInput || isSent ? 0 : value;
    }
  }).observe({ type: "layout-shift", buffered: true });
`;

describe.skipIf(chromium === undefined)("a screen", () => {
  let running: RunningConsole;
  let page: Page;
  beforeAll(async () => {
    running = await RunningConsole.start();
    // The policy of our pages would refuse axe itself; no other test goes around it.
    page = await running.visitAsAdmin({ bypassCSP: true, viewport: desktop });
    await page.addInitScript(watchShifts);
  });
  afterAll(() => running.stop());

  test("shows which entries are on where the system gives the colours", async () => {
    await page.emulateMedia({ forcedColors: "active" });
    await page.goto(`/api-keys/${running.data.key}/edit`);
    const look = "getComputedStyle(document.querySelector('.switch input')).appearance";
    expect(await page.evaluate(look), "drawn by the browser, which knows the colours").toBe("auto");
    await page.emulateMedia({ forcedColors: "none" });
    expect(await page.evaluate(look)).toBe("none");
  });

  // One page walks through all of them, because a browser of its own for each would cost more than what is looked at.
  test.each(screens)(
    "$name keeps WCAG 2.2 AA as far as axe can tell, light, dark and on a phone, holds still, and fits 320 pixels",
    async ({ open }) => {
      await page.setViewportSize(desktop);
      await page.emulateMedia({ colorScheme: "light" });
      await open(page, running.data);
      await page.evaluate("document.fonts.ready");
      expect(await page.evaluate("shifted"), "things moved by themselves").toBeLessThan(0.01);
      await page.evaluate(axe);
      expect(await violationsOn(page), "light").toEqual([]);
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await violationsOn(page, ["color-contrast"]), "dark").toEqual([]);
      await page.setViewportSize(phone);
      expect(await violationsOn(page), "on a phone").toEqual([]);
      await page.setViewportSize(smallest);
      const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
      expect(await page.evaluate(overflow), "wider than the window").toBeLessThanOrEqual(0);
    },
  );
});
