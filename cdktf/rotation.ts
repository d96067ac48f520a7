import { overlapSecondsMax } from "../contract/user-api-keys.ts";
import type { Duration } from "./duration.ts";
import type { Expiry } from "./expiry.ts";

/** What is beside the age of a rotation. */
export interface RotationProps {
  /**
   * How long the predecessor stays valid beside its successor. Give whoever uses the key time to change over: the new
   * secret has to arrive there before the old one ends.
   */
  readonly overlap: Duration;
}

/** When and how a key is succeeded by a new one with a new secret, in place. */
export class Rotation {
  // Private to the class in the type system too, so that no object of the same shape passes for one.
  readonly #age: Duration | undefined;
  readonly #overlap: Duration;

  private constructor(age: Duration | undefined, overlap: Duration) {
    this.#age = age;
    this.#overlap = overlap;
  }

  /** The age at which the key is due; undefined where only a change of the declaration rotates it. */
  get age(): Duration | undefined {
    return this.#age;
  }

  /** How long the predecessor stays valid. */
  get overlap(): Duration {
    return this.#overlap;
  }

  /**
   * By age: the first apply after it rotates the key, so apply on a schedule. `Rotation.every(days(30), { overlap: hours(48) })`.
   * The overlap has to be shorter than the age.
   */
  static every(age: Duration, props: RotationProps): Rotation {
    return new Rotation(age, props.overlap);
  }

  /**
   * When the declaration changes (`recipients`, `ownSecret`), or, with `Expiry.after`, when the key has ended: by then its secret is
   * refused. For a successor in time there is {@link Rotation.every}.
   */
  static onChange(props: RotationProps): Rotation {
    return new Rotation(undefined, props.overlap);
  }

  /** What is wrong with it, in words that follow the name of the property. Empty for what is right or not yet known. */
  get faults(): readonly string[] {
    const [age, overlap] = [this.age?.seconds, this.overlap.seconds];
    const faults = [...(this.age?.faults ?? []), ...this.overlap.faults];
    if (age === 0) {
      faults.push(`every "${this.age}" would have the key due all the time; write days(30), for instance`);
    } else if (age !== undefined && overlap !== undefined && overlap >= age) {
      faults.push(
        `an overlap of "${this.overlap}" with a rotation every "${this.age}" would have more than two keys valid at once; make it shorter`,
      );
    }
    if (overlap !== undefined && overlap > overlapSecondsMax) {
      faults.push(`an overlap of "${this.overlap}" is longer than a year; make it shorter`);
    }
    return faults;
  }
}

/**
 * Why a key's successor comes when the key itself has ended already, or never comes; undefined where it comes in time, or where that is
 * not known yet. A key is due at its age, and one that has ended is due for that alone; nothing is due because an end is near.
 */
export function lateSuccession({ duration }: Expiry, rotation: Rotation | undefined): string | undefined {
  if (duration === undefined) {
    return undefined;
  }
  if (rotation?.age === undefined) {
    return rotation === undefined
      ? `ends after "${duration}" and has no successor`
      : `ends after "${duration}", and its successor is made only then`;
  }
  const [length, age, overlap] = [duration.seconds, rotation.age.seconds, rotation.overlap.seconds];
  return length !== undefined && age !== undefined && overlap !== undefined && age + overlap > length
    ? `ends after "${duration}", which is shorter than its rotation, every "${rotation.age}", and the overlap of "${rotation.overlap}" together`
    : undefined;
}
