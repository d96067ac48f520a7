import type { Clocks } from "../../../../server/gate/lease.ts";

/** Something that happens at a time. */
interface Occurrence {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A source of numbers from 0 to 1 that a seed decides (mulberry32), so that a failure can be run again. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Time that passes only when everything that is to happen before has happened. */
export class World {
  nowMs = 0;
  readonly random: () => number;
  #occurrences: Occurrence[] = [];
  #order = 0;

  constructor(seed: number) {
    this.random = randomNumbers(seed);
  }

  /** Runs something after a delay; answers how to call it off. */
  after(delayMs: number, run: () => void): () => void {
    const occurrence = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, run };
    const place = this.#occurrences.findIndex(({ atMs }) => atMs > occurrence.atMs);
    this.#occurrences.splice(place < 0 ? this.#occurrences.length : place, 0, occurrence);
    return () => {
      this.#occurrences = this.#occurrences.filter((candidate) => candidate !== occurrence);
    };
  }

  /** Lets time pass. What is awaited by then goes on before the next thing happens. */
  async passUntil(endMs: number): Promise<void> {
    for (;;) {
      const next = this.#occurrences[0];
      if (next === undefined || next.atMs > endMs) {
        break;
      }
      this.#occurrences.shift();
      this.nowMs = next.atMs;
      next.run();
      await new Promise(setImmediate);
    }
    this.nowMs = endMs;
  }
}

/** A process on a machine of its own: it can be stopped and go on, killed, and its wall clock set. */
export class SimulatedProcess {
  readonly #world: World;
  #isPaused = false;
  #isKilled = false;
  #held: (() => void)[] = [];
  #wallOffsetMs = 1_700_000_000_000;

  constructor(world: World) {
    this.#world = world;
  }

  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** Runs something in this process: now, when it goes on, or never. */
  run(task: () => void): void {
    if (this.#isPaused) {
      this.#held.push(task);
    } else if (!this.#isKilled) {
      task();
    }
  }

  pause(): void {
    this.#isPaused = true;
  }

  /** What came meanwhile is done in any order: a process does not choose which of its sockets it reads first. */
  resume(): void {
    this.#isPaused = false;
    const held = this.#held.map((task) => ({ task, place: this.#world.random() }));
    this.#held = [];
    for (const { task } of held.sort((a, b) => a.place - b.place)) {
      this.#world.after(0, () => this.run(task));
    }
  }

  kill(): void {
    this.#isKilled = true;
    this.#held = [];
  }

  setWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  readonly clocks: Clocks = {
    monotonicMs: () => this.#world.nowMs,
    wallMs: () => this.#world.nowMs + this.#wallOffsetMs,
    after: (delayMs, task) => this.#world.after(delayMs, () => this.run(task)),
  };
}
