import { defineConfig } from "vitest/config";
import { aliasedModules } from "./test/cdktn-setup.ts";

/** What each project takes for itself: of what stands beside `projects`, none is handed down. */
const shared = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // No test changes a module, so what one file has loaded serves the next.
  isolate: false,
};

export default defineConfig({
  test: {
    // More than there are cores to spare: the acceptance tests mostly wait for processes of their own.
    maxWorkers: 3,
    projects: [
      {
        test: {
          ...shared,
          name: "keyward",
          include: ["test/**/*.test.ts"],
          globalSetup: ["test/global-setup.ts"],
          provide: { framework: "cdktf" },
        },
      },
      {
        // The constructs once more, on the fork of cdktf.
        resolve: {
          alias: [
            { find: /^cdktf$/, replacement: `${aliasedModules}cdktf` },
            { find: /^@cdktf\/provider-null\//, replacement: `${aliasedModules}@cdktf/provider-null/` },
          ],
        },
        test: {
          ...shared,
          name: "cdktn",
          include: ["test/cdktf/**/*.test.ts"],
          globalSetup: ["test/cdktn-setup.ts"],
          provide: { framework: "cdktn" },
        },
      },
    ],
  },
});
