import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

const prefix = "in-use-by.";

/**
 * Makes the folder if it is not there and marks it as this process's until the returned function is called or the
 * process ends, however it ends. Throws when another living process has marked it, and says which, and what to do.
 *
 * Each process writes a mark of its own name first and looks for others afterwards, so that of two that start at once
 * at least one sees the other and gives way. A mark left by a dead process has a name that nobody else will take, so
 * removing it cannot remove a living one's. Marks name processes of one machine: a folder shared between machines, or
 * between containers that do not share process ids, is not guarded.
 */
export async function holdDataFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const own = prefix + (await identify(process.pid));
  const mark = path.join(folder, own);
  await writeFile(mark, "");
  const release = () => rm(mark, { force: true });
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix) || name === own) {
      continue;
    }
    const pid = Number(name.slice(prefix.length).split(".")[0]);
    if (isRunning(pid) && prefix + (await identify(pid)) === name) {
      await release();
      throw new Error(
        `the data folder ${path.resolve(folder)} is in use by process ${pid}; ` +
          "stop that server first, or set KEYWARD_DATA_DIR to another folder",
      );
    }
    await rm(path.join(folder, name), { force: true });
  }
  return release;
}

/** A process id is used again some day; with the time it started (in ticks since boot, where Linux tells) it is not. */
async function identify(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is the program's name in parentheses and may hold blanks: count from behind it. proc(5), field 22.
  const startTime = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  return startTime === undefined ? String(pid) : `${pid}.${startTime}`;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is such a process, of another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
