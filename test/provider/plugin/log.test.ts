import { describe, expect, test } from "vitest";
import { createLogger, levelFromEnvironment } from "../../../provider/plugin/log.ts";

describe("the log level", () => {
  test.each([
    [{}, null],
    [{ TF_LOG: "" }, null],
    [{ TF_LOG: "off" }, null],
    [{ TF_LOG: "INFO" }, "info"],
    [{ TF_LOG: "JSON" }, "trace"],
    [{ TF_LOG: "ERROR", TF_LOG_PROVIDER: "debug" }, "debug"],
    [{ TF_LOG_PROVIDER: "error", TF_LOG_PROVIDER_KEYWARD: "trace" }, "trace"],
  ] as const)("of %j is %s", (environment, expected) => {
    expect(levelFromEnvironment(environment, "keyward")).toBe(expected);
  });

  test("is what decides whether a line is written at all", () => {
    const lines: string[] = [];
    const write = (line: string) => void lines.push(line);
    const options = { module: "m", fields: {}, now: () => new Date(0), write };
    createLogger({ ...options, level: "warn" }).log("info", "quiet");
    createLogger({ ...options, level: null }).log("error", "quiet");
    createLogger({ ...options, level: "warn" }).log("error", "loud", { count: 2 });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { "@level": "error", "@message": "loud", count: 2 },
    ]);
    expect(lines[0]?.endsWith("\n")).toBe(true);
  });
});
