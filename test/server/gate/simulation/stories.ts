import fc from "fast-check";
import { leaseMs, marginMs } from "../../../../server/gate/lease.ts";
import { Cluster, keyCount, type Sabotage } from "./cluster.ts";
import { type MessageKind, messageKinds } from "./simulated-database.ts";

/** What goes wrong, or changes, at some moment; the numbers choose whom it concerns and for how long. */
interface Event {
  readonly atMs: number;
  readonly kind:
    | "delete"
    | "pause"
    | "freeze"
    | "restart"
    | "orderly restart"
    | "absence"
    | "cut off"
    | "database restarts"
    | "database crashes"
    | "slow network"
    | "lost messages"
    | "clock set";
  readonly server: number;
  readonly durationMs: number;
  /** Of a slow network: what is slow, whose, and which way; everything of everybody's, both ways, when left out. */
  readonly message?: MessageKind | undefined;
  readonly isOneServer?: boolean;
  readonly direction?: "there" | "back" | "both";
  /** The longest that such a message takes; half of the duration when left out. */
  readonly delayMs?: number;
}

/** What happens, and the seed of everything that is left to chance. */
export interface Story {
  readonly seed: number;
  readonly events: readonly Event[];
}

const serverCount = 3;

/** When everything begins: the servers have their leases by then. */
const startMs = 2500;

const spanMs = 8000;

const setBackMs = 60_000;

const durationMs = fc.oneof(fc.integer({ min: 50, max: 600 }), fc.integer({ min: 600, max: 5000 }));

const event: fc.Arbitrary<Event> = fc.record({
  atMs: fc.integer({ min: startMs, max: startMs + spanMs }),
  kind: fc.oneof(
    { weight: 8, arbitrary: fc.constant("delete" as const) },
    { weight: 4, arbitrary: fc.constantFrom("pause" as const, "slow network" as const) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        "restart" as const,
        "orderly restart" as const,
        "absence" as const,
        "database restarts" as const,
        "cut off" as const,
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "database crashes" as const,
        "freeze" as const,
        "lost messages" as const,
        "clock set" as const,
      ),
    },
  ),
  server: fc.nat({ max: serverCount - 1 }),
  durationMs,
  message: fc.option(fc.constantFrom(...messageKinds), { nil: undefined, freq: 3 }),
  isOneServer: fc.boolean(),
  direction: fc.constantFrom("there" as const, "back" as const, "both" as const),
});

/** Anything, at any time. */
const anyEvents = fc.array(event, { minLength: 4, maxLength: 24 });

/** Several things that begin within a moment, one such moment after another, as when a rack loses its power. */
const bursts = fc
  .array(
    fc.record({
      afterMs: fc.integer({ min: 100, max: 2600 }),
      events: fc.array(fc.record({ event, withinMs: fc.integer({ min: 0, max: 120 }) }), {
        minLength: 2,
        maxLength: 6,
      }),
    }),
    { minLength: 2, maxLength: 5 },
  )
  .map((moments) => {
    let atMs = startMs;
    return moments.flatMap(({ afterMs, events }) => {
      atMs += afterMs;
      return events.map(({ event: one, withinMs }) => ({ ...one, atMs: atMs + withinMs }));
    });
  });

/** Deletions one after another while answers and messages are long on their way and servers drop off the network. */
const badNetwork = fc
  .record({
    slowMs: fc.integer({ min: 1500, max: 3500 }),
    deletions: fc.array(fc.integer({ min: 0, max: 7000 }), { minLength: 6, maxLength: keyCount }),
    cuts: fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 5000 }), server: fc.nat(2) }), {
      minLength: 1,
      maxLength: 3,
    }),
  })
  .map(({ slowMs, deletions, cuts }): Event[] => [
    { kind: "slow network", atMs: startMs, durationMs: slowMs, server: 0 },
    { kind: "slow network", atMs: startMs + slowMs, durationMs: slowMs, server: 0 },
    { kind: "lost messages", atMs: startMs, durationMs: 7000, server: 0 },
    ...deletions.map((afterMs) => ({
      kind: "delete" as const,
      atMs: startMs + afterMs,
      durationMs: 0,
      server: afterMs % serverCount,
    })),
    ...cuts.map(({ afterMs, server }) => ({
      kind: "cut off" as const,
      atMs: startMs + afterMs,
      durationMs: 4000,
      server,
    })),
  ]);

const server = fc.nat({ max: serverCount - 1 });
const within = (min: number, max: number) => fc.integer({ min, max });
const message = <Kind extends Event["kind"]>(kind: Kind, atMs: number, forMs: number, of: number) =>
  ({ kind, atMs, durationMs: forMs, server: of }) as const;

/** Deletions by any server, each so long after a moment. */
const deletionsAfter = (max: number) =>
  fc.array(fc.record({ afterMs: within(5, max), server }), { minLength: 2, maxLength: 5 });

/** A deletion of which nobody is told, and more of them just when the first has waited long enough. */
const aroundTheDeadline = fc
  .record({
    writer: server,
    isWriterDeaf: fc.boolean(),
    down: fc.option(fc.record({ afterMs: within(6, 11), forMs: within(1500, 2200) })),
    crash: fc.option(fc.record({ beforeMs: within(5, 200), forMs: within(1, 80) })),
    deletions: deletionsAfter(300),
  })
  .map(({ writer, isWriterDeaf, down, crash, deletions }): Event[] => {
    const endMs = startMs + leaseMs + marginMs;
    return [
      message("lost messages", startMs - 50, endMs - startMs, writer),
      deafness(writer + 1, startMs),
      message("delete", startMs, 0, writer),
      ...(isWriterDeaf ? [{ ...slowRenewals(writer, startMs - 100, 5000), direction: "back" as const }] : []),
      ...(down === null ? [] : [message("database restarts", startMs + down.afterMs, down.forMs, writer)]),
      ...(crash === null ? [] : [message("database crashes", endMs - crash.beforeMs, crash.forMs, writer)]),
      ...deletions.map(({ afterMs, server: by }) => message("delete", endMs + afterMs, 0, by)),
    ];
  });

/** A server that begins while another hears late of who is there, and deletions by that one. */
const newcomer = fc
  .record({
    writer: server,
    slowMs: within(200, 1500),
    beginsMs: within(10, 900),
    deletions: deletionsAfter(300),
  })
  .map(({ writer, slowMs, beginsMs, deletions }): Event[] => [
    { ...slowRenewals(writer, startMs, 3000), delayMs: slowMs, direction: "back" },
    message("orderly restart", startMs + beginsMs, 0, writer + 1),
    deafness(writer + 1, startMs + beginsMs + 1),
    ...deletions.map(({ afterMs }) => message("delete", startMs + beginsMs + 20 + afterMs, 0, writer)),
  ]);

/** A server that finds itself alone, and deletions by it about when the others come back. */
const alone = fc
  .record({
    writer: server,
    slowMs: within(5, 900),
    comeBackMs: fc.tuple(within(450, 2000), within(450, 2000)),
    deletions: deletionsAfter(2500),
  })
  .map(({ writer, slowMs, comeBackMs, deletions }): Event[] => [
    ...comeBackMs.map((afterMs, place) => message("absence", startMs, afterMs, writer + 1 + place)),
    { ...slowRenewals(writer, startMs + 400, 3000), delayMs: slowMs, direction: "back" },
    ...deletions.map(({ afterMs }) => message("delete", startMs + 450 + afterMs, 0, writer)),
  ]);

/** A machine that is frozen while the answer to its renewal is on its way, and taken out meanwhile. */
const frozen = fc
  .record({
    who: server,
    slowMs: within(300, 1200),
    frozenMs: fc.oneof(within(20, 400), within(2300, 3500)),
    deletions: deletionsAfter(500),
  })
  .map(({ who, slowMs, frozenMs, deletions }): Event[] => [
    { ...slowRenewals(who, startMs - 500, 1500 + frozenMs), delayMs: slowMs, direction: "back" },
    deafness(who, startMs),
    message("freeze", startMs, frozenMs, who),
    message("delete", startMs + 10, 0, who + 1),
    ...deletions.map(({ afterMs, server: by }) =>
      message("delete", startMs + frozenMs + afterMs, 0, by === who ? who + 1 : by),
    ),
  ]);

function slowRenewals(of: number, atMs: number, forMs: number): Event {
  return { ...message("slow network", atMs, forMs, of), message: "renew", isOneServer: true };
}

/** A server that hears of changes only when it renews. */
function deafness(of: number, atMs: number): Event {
  return { ...message("slow network", atMs, 6000, of), message: "wake", isOneServer: true };
}

/** Every kind of story. */
export const stories: fc.Arbitrary<Story> = fc.record({
  seed: fc.integer(),
  events: fc.oneof(
    { weight: 2, arbitrary: anyEvents },
    { weight: 1, arbitrary: bursts },
    { weight: 1, arbitrary: badNetwork },
    { weight: 2, arbitrary: aroundTheDeadline },
    { weight: 1, arbitrary: newcomer },
    { weight: 1, arbitrary: alone },
    { weight: 1, arbitrary: frozen },
  ),
});

/** How often keys are presented, each to one server, in milliseconds. */
const presentedEveryMs = 120;

/** How long before its deletion a key is presented, so that it is remembered, and how long after. */
const rememberedMs = 1200;
const watchedMs = 5000;

/** When else keys are presented, to every server: shortly before a deletion, and from its answer on. */
const justBeforeMs = 15;
const sinceAnswerMs = [1, 30, 90, 200, 350];

/** Lives through a story, with callers who present the keys that are deleted in it to every server. */
export async function live({ seed, events }: Story, sabotage: Sabotage = {}): Promise<Cluster> {
  const cluster = new Cluster(seed, serverCount, sabotage);
  const { world } = cluster;
  const presentToAll = (key: number, delayMs: number) => {
    for (let to = 0; to < serverCount; to += 1) {
      world.after(delayMs, () => cluster.present(key, to));
    }
  };
  cluster.onAnswer = (key) => {
    for (const delayMs of sinceAnswerMs) {
      presentToAll(key, delayMs);
    }
  };
  events.forEach((one, place) => {
    world.after(one.atMs, () => happen(cluster, one, place));
    if (one.kind === "delete") {
      presentToAll(place, one.atMs - justBeforeMs);
      for (let atMs = one.atMs - rememberedMs; atMs < one.atMs + watchedMs; atMs += presentedEveryMs) {
        world.after(atMs, () => cluster.present(place, Math.floor(world.random() * serverCount)));
      }
    }
  });
  const lastMs = events.reduce((last, { atMs }) => Math.max(last, atMs), 0);
  await world.passUntil(lastMs + watchedMs);
  return cluster;
}

function happen(cluster: Cluster, one: Event, place: number): void {
  const { world, database } = cluster;
  const { kind, server, durationMs: forMs } = one;
  const process = cluster.processOf(server);
  const until = (end: () => void) => void world.after(forMs, end);
  switch (kind) {
    case "delete":
      cluster.remove(place, server);
      break;
    case "pause":
      process.pause();
      until(() => process.resume());
      break;
    case "freeze":
      process.freeze(forMs);
      break;
    case "restart":
      cluster.restart(server);
      break;
    case "orderly restart":
      cluster.restartInOrder(server);
      break;
    case "absence":
      cluster.restartInOrder(server, forMs);
      break;
    case "cut off":
      database.cutOff.add(process);
      until(() => database.cutOff.delete(process));
      break;
    case "database crashes":
      database.crash();
      stop(cluster, until);
      break;
    case "database restarts":
      stop(cluster, until);
      break;
    case "slow network": {
      const delay = {
        process: one.isOneServer ? process : undefined,
        message: one.message,
        direction: one.direction ?? "both",
        delayMs: one.delayMs ?? forMs / 2,
      };
      database.delays.add(delay);
      until(() => database.delays.delete(delay));
      break;
    }
    case "lost messages":
      database.loss = 0.9;
      until(() => {
        database.loss = 0;
      });
      break;
    case "clock set":
      // Back by more than any freeze lasts: one that is set back by just as long as the machine was frozen hides it.
      process.setWallClock(place % 2 === 0 ? forMs : -setBackMs - forMs);
      break;
  }
}

function stop({ database }: Cluster, until: (end: () => void) => void): void {
  database.isUp = false;
  until(() => {
    database.isUp = true;
  });
}
