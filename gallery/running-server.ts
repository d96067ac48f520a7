import { once } from "node:events";
import { serve } from "@hono/node-server";
import { createApp } from "../server/app.ts";
import type { OpenDatabase } from "../server/database.ts";
import { machineClocks } from "../server/gate/lease.ts";
import { openAlone } from "../server/gate/open-gate.ts";
import { Attempts } from "../server/identity/attempts.ts";
import { LoginRecorder } from "../server/identity/logins.ts";
import { createLogger } from "../server/log.ts";
import { openInMemory } from "../server/pglite.ts";
import { prepareFirstStart } from "../server/tables/first-start.ts";

/** The password of user `admin` on a server for pictures and measurements. */
export const adminPassword = "correct horse battery";

/** A whole server on an embedded database in memory, with a port of its own. */
export interface RunningServer {
  readonly url: string;
  readonly database: OpenDatabase["database"];
  /** Every line of the log. */
  readonly logLines: readonly string[];
  stop(): Promise<void>;
}

/** Starts one. `clock` gives milliseconds since the epoch. */
export async function startServer(
  clock: () => number = Date.now,
  open: () => Promise<OpenDatabase> = openInMemory,
): Promise<RunningServer> {
  const opened = await open();
  const logLines: string[] = [];
  const logger = createLogger("trace", { write: (line: string) => logLines.push(line) });
  const logins = new LoginRecorder(opened.database, logger);
  await prepareFirstStart(opened.database, adminPassword, clock());
  const { hono } = createApp({
    database: opened.database,
    logger,
    logins,
    attempts: new Attempts(),
    peppers: new Map(),
    clock,
    trustedProxies: [],
    isTls: false,
    upstreams: [],
    upstreamTimeoutMs: 1000,
    ...openAlone({
      database: opened.database,
      peppers: new Map(),
      keysMax: 1000,
      clocks: { ...machineClocks, wallMs: clock },
    }),
  });
  const server = serve({ fetch: hono.fetch, hostname: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    database: opened.database,
    logLines,
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      if ("closeAllConnections" in server) {
        server.closeAllConnections();
      }
      await closed;
      await logins.flush();
      await opened.close();
    },
  };
}
