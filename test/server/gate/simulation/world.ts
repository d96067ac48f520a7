import type { Clocks } from "../../../../server/gate/lease.ts";

/** Something that happens at a time. */
interface Occurrence {
  readonly atMs: number;
  readonly order: number;
  /** Undefined when it was called off. */
  run: (() => void) | undefined;
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

/** How many occurrences are queued with the event loop at once: a turn of the loop costs more than most of them. */
const turnsAhead = 200;

/** Time that passes only when everything that is to happen before has happened. */
export class World {
  nowMs = 0;
  readonly random: () => number;
  /** Set by whatever ran code under test: what that has awaited goes on before the next thing happens. */
  isStirred = false;
  /** A binary heap: what comes first is first. */
  readonly #occurrences: Occurrence[] = [];
  #order = 0;

  constructor(seed: number) {
    this.random = randomNumbers(seed);
  }

  /** Runs something after a delay; answers how to call it off. */
  after(delayMs: number, run: () => void): () => void {
    const occurrence: Occurrence = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#push(occurrence);
    return () => {
      occurrence.run = undefined;
    };
  }

  /** Lets time pass. */
  passUntil(endMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const turn = () => {
        if (isOver) {
          return;
        }
        try {
          isOver = !this.#turn(endMs);
        } catch (error) {
          isOver = true;
          reject(error);
        }
        if (isOver) {
          this.nowMs = endMs;
          resolve();
        }
      };
      // Between any two of these callbacks, Node runs what was awaited.
      const schedule = () => {
        for (let count = 0; count < turnsAhead; count += 1) {
          setImmediate(turn);
        }
        setImmediate(() => {
          if (!isOver) {
            schedule();
          }
        });
      };
      schedule();
    });
  }

  /** Lets things happen until one has run code under test; answers false when nothing is left to happen in time. */
  #turn(endMs: number): boolean {
    this.isStirred = false;
    while (!this.isStirred) {
      const next = this.#occurrences[0];
      if (next === undefined || next.atMs > endMs) {
        return false;
      }
      this.#pop();
      if (next.run !== undefined) {
        this.nowMs = next.atMs;
        next.run();
      }
    }
    return true;
  }

  #push(occurrence: Occurrence): void {
    const heap = this.#occurrences;
    let place = heap.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, occurrence)) {
        break;
      }
      heap[place] = parent;
      place = above;
    }
    heap[place] = occurrence;
  }

  #pop(): void {
    const heap = this.#occurrences;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) {
      return;
    }
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      const left = heap[below];
      const right = heap[below + 1];
      if (left === undefined) {
        break;
      }
      let child = left;
      if (right !== undefined && isBefore(right, left)) {
        child = right;
        below += 1;
      }
      if (isBefore(last, child)) {
        break;
      }
      heap[place] = child;
      place = below;
    }
    heap[place] = last;
  }
}

function isBefore(one: Occurrence, other: Occurrence): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** By how much the clocks of two machines run unlike, at most, as a part of the time that passes. */
const driftMax = 0.02;

/**
 * A process on a machine of its own: it can be stopped and go on, its machine be frozen with the monotonic clock, its wall
 * clock be set, and it can be killed.
 */
export class SimulatedProcess {
  readonly #world: World;
  readonly #rate: number;
  #isPaused = false;
  #isKilled = false;
  #held: (() => void)[] = [];
  #wallOffsetMs = 1_700_000_000_000;
  /** Time that passed without the monotonic clock. */
  #frozenMs = 0;

  constructor(world: World) {
    this.#world = world;
    this.#rate = 1 + driftMax * (2 * world.random() - 1);
  }

  /** Runs something in this process: now, when it goes on, or never. */
  run(task: () => void): void {
    if (this.#isPaused) {
      this.#held.push(task);
    } else if (!this.#isKilled) {
      this.#world.isStirred = true;
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

  /** The machine is suspended for a while: its monotonic clock stands still, its wall clock is right afterwards. */
  freeze(forMs: number): void {
    this.pause();
    this.#world.after(forMs, () => {
      this.#frozenMs += forMs;
      this.resume();
    });
  }

  kill(): void {
    this.#isKilled = true;
    this.#held = [];
  }

  setWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  readonly clocks: Clocks = {
    monotonicMs: () => (this.#world.nowMs - this.#frozenMs) * this.#rate,
    wallMs: () => this.#world.nowMs * this.#rate + this.#wallOffsetMs,
    after: (delayMs, task) => this.#world.after(delayMs / this.#rate, () => this.run(task)),
  };
}
