import { randomUUID } from "node:crypto";
import type { Fence, Subject } from "../fence.ts";

/** The fence of a server that is alone with its database: what it forgets itself, nobody remembers. */
export function localFence(forget: (subjects: readonly Subject[]) => void): Fence {
  return {
    record: async (_, subjects) => ({ id: randomUUID(), subjects }),
    hold: async ({ subjects }) => forget(subjects),
    // Whoever commits forgets before the embedded database does another statement.
    outlastOthers: async () => {},
  };
}
