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

async function violationsOn(page: Page): Promise<unknown> {
  const answer = await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(tags)} })`);
  const { violations, passes } = result.parse(answer);
  expect(passes.length, "the check ran no rule, so it proves nothing").toBeGreaterThan(10);
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
}

describe.skipIf(chromium === undefined)("a screen", () => {
  let running: RunningConsole;
  beforeAll(async () => {
    running = await RunningConsole.start();
  });
  afterAll(() => running.stop());

  test.each(screens)(
    "$name keeps WCAG 2.2 AA in light and dark, as far as axe can tell",
    async ({ open }) => {
      // The policy of our pages would refuse axe itself; no other test goes around it.
      const page = await running.visitAsAdmin({ bypassCSP: true });
      await open(page, running.data);
      await page.evaluate(axe);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await violationsOn(page), colorScheme).toEqual([]);
      }
      await page.context().close();
    },
  );

  test("fits a phone without scrolling sideways", async () => {
    const page = await running.visitAsAdmin({ viewport: { width: 320, height: 640 } });
    // The first screen is that of signing in, which ends the session: it comes last.
    for (const { open, name } of [...screens].reverse()) {
      await open(page, running.data);
      const overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      expect(overflow, name).toBeLessThanOrEqual(0);
    }
  });
});
