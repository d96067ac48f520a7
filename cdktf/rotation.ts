import { overlapSecondsMax } from "../contract/user-api-keys.ts";
import type { Duration } from "./duration.ts";

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
  /** The age at which the key is due; undefined where only a change of the declaration rotates it. */
  readonly age: Duration | undefined;
  /** How long the predecessor stays valid. */
  readonly overlap: Duration;

  private constructor(age: Duration | undefined, overlap: Duration) {
    this.age = age;
    this.overlap = overlap;
  }

  /**
   * By age: the first apply after it rotates the key, so apply on a schedule. `Rotation.every(days(30), { overlap: hours(48) })`.
   * The overlap has to be shorter than the age.
   */
  static every(age: Duration, props: RotationProps): Rotation {
    return new Rotation(age, props.overlap);
  }

  /** When the declaration changes (`recipients`, `ownSecret`), or, with `Expiry.after`, when the key has ended. */
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
