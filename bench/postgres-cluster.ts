import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chown, mkdtemp, readdir, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import pg from "pg";

const run = promisify(execFile);

/** A Postgres of our own, on a port of its own, gone without a trace when it is stopped. */
export interface PostgresCluster {
  /** URL of its superuser, to make databases with. */
  readonly url: string;
  /** Ends every connection and starts again on the same data and port. Resolves when it answers. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The folder of initdb and postgres, or undefined where Postgres is not installed. Debian keeps them off the PATH. */
export async function findPostgres(): Promise<string | undefined> {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? await readdir(debian) : [];
  const folders = [
    ...versions
      .sort((left, right) => Number(right) - Number(left))
      .map((version) => path.join(debian, version, "bin")),
    ...(process.env["PATH"] ?? "").split(path.delimiter),
  ];
  return folders.find(
    (folder) => existsSync(path.join(folder, "initdb")) && existsSync(path.join(folder, "postgres")),
  );
}

/** What a cluster is to be. */
interface ClusterOptions {
  /** Whether what is committed outlives the machine, as by default; what is thrown away anyway is quicker without. */
  readonly isDurable?: boolean;
}

/** Starts a cluster, otherwise as Debian does. Resolves when it answers. */
export async function startPostgresCluster(
  programs: string,
  { isDurable = true }: ClusterOptions = {},
): Promise<PostgresCluster> {
  const folder = await mkdtemp(path.join(tmpdir(), "keyward-postgres-"));
  const owner = await unprivilegedOwner();
  if (owner !== undefined) {
    await chown(folder, owner.uid, owner.gid);
  }
  const data = path.join(folder, "data");
  const options = { ...owner, cwd: folder, env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" } };
  await run(
    path.join(programs, "initdb"),
    ["-D", data, "-U", "keyward", "-A", "trust", "-E", "UTF8"],
    options,
  );
  const port = await freePort();
  const settings = ["listen_addresses=127.0.0.1", `port=${port}`, `unix_socket_directories=${folder}`];
  const hasty = isDurable ? [] : ["fsync=off", "full_page_writes=off"];
  const url = `postgres://keyward@127.0.0.1:${port}/postgres`;
  const start = async () => {
    const server = spawn(
      path.join(programs, "postgres"),
      ["-D", data, ...[...settings, ...hasty].flatMap((setting) => ["-c", setting])],
      { ...options, stdio: "ignore" },
    );
    const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
    await waitForPort(port, () => server.exitCode === null);
    await waitUntilReady(url);
    return async () => {
      // SIGINT is Postgres' fast shutdown: it does not wait for clients to leave.
      server.kill("SIGINT");
      await ended;
    };
  };
  let end = await start();
  return {
    url,
    restart: async () => {
      await end();
      end = await start();
    },
    stop: async () => {
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Postgres refuses to run as root. Who we are otherwise will do. */
async function unprivilegedOwner(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  const [uid, gid] = await Promise.all(
    ["-u", "-g"].map(async (flag) => {
      const answer = await run("id", [flag, "postgres"]).catch(() => run("id", [flag, "nobody"]));
      return Number(answer.stdout);
    }),
  );
  return { uid: uid ?? 65_534, gid: gid ?? 65_534 };
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

async function waitForPort(port: number, isRunning: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline && isRunning()) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isOpen) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the throw-away Postgres did not start");
}

/** After the port is open, Postgres refuses connections until it has recovered. */
async function waitUntilReady(url: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const client = new pg.Client(url);
    client.on("error", () => {});
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (Date.now() > deadline) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
