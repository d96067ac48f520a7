import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

/** Who may import whom, room by room; the first prefix that fits a file is its room. `npm:` lists packages. */
const rooms: readonly {
  readonly room: string;
  readonly imports: readonly string[];
  readonly npm?: readonly string[];
}[] = [
  { room: "contract/", imports: ["contract/"], npm: ["zod", "ipaddr.js"] },
  { room: "drizzle/", imports: ["drizzle/"], npm: ["drizzle-orm"] },
  { room: "server/access/", imports: ["server/access/", "contract/"], npm: [] },
  { room: "server/query/", imports: ["server/query/"], npm: ["drizzle-orm"] },
  { room: "server/console/browser/", imports: ["server/console/browser/"], npm: [] },
  { room: "server/", imports: ["server/", "contract/", "drizzle/"] },
  { room: "cli/", imports: ["cli/", "client/", "contract/", "server/"], npm: ["commander"] },
  { room: "client/", imports: ["client/", "contract/"], npm: ["zod", "lru-cache"] },
  { room: "hono/", imports: ["hono/", "client/"], npm: ["hono", "@hono/node-server"] },
  { room: "provider/plugin/", imports: ["provider/plugin/"], npm: ["@grpc/grpc-js", "@msgpack/msgpack"] },
  { room: "provider/", imports: ["provider/", "client/", "contract/"] },
  { room: "cdktf/framework.ts", imports: [], npm: ["cdktf"] },
  { room: "cdktf/", imports: ["cdktf/", "contract/"], npm: ["constructs", "zod", "@cdktf/provider-null"] },
  { room: "examples/", imports: ["examples/"] },
  { room: "bench/", imports: ["bench/", "gallery/", "server/", "provider/", "client/", "contract/"] },
  { room: "gallery/", imports: ["gallery/", "server/", "drizzle/"] },
];

interface Import {
  readonly from: string;
  /** A path from the root, or a package. */
  readonly of: string;
}

function importsOf(file: string): Import[] {
  const code = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const specifiers = [...code.matchAll(/(?:(?<=[\s}])from\s*|\bimport\s*\(?\s*)["']([^"']+)["']/g)];
  return specifiers.map(([, specifier = ""]) => ({
    from: file,
    of: specifier.startsWith(".") ? path.posix.join(path.posix.dirname(file), specifier) : specifier,
  }));
}

const files = rooms
  .map(({ room }) => room.split("/")[0] ?? "")
  .filter((folder, index, folders) => folders.indexOf(folder) === index)
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`),
  )
  .filter((file) => /\.tsx?$/.test(file));

test("imports go one way", () => {
  const imports = files.flatMap(importsOf);
  expect(imports.length, "the check saw too few imports to prove anything").toBeGreaterThan(200);

  const forbidden = imports.filter(({ from, of }) => {
    const room = rooms.find((candidate) => from.startsWith(candidate.room));
    if (room === undefined || of.startsWith("node:")) {
      return room === undefined;
    }
    const isOurs = files.includes(of);
    const isPackageAllowed = room.npm?.some((name) => of === name || of.startsWith(`${name}/`)) ?? true;
    return isOurs
      ? !room.imports.some((prefix) => of.startsWith(prefix))
      : of.startsWith(".") || !isPackageAllowed;
  });

  expect(forbidden).toEqual([]);
});
