import type { IConstruct } from "constructs";
import { Aspects } from "./framework.ts";

/**
 * Does something once when the stack of a construct is synthesised, for what may still change until then. As an aspect and not as a
 * validation, because `new App({ skipValidation: true })` skips those.
 */
export function atSynthesis(construct: IConstruct, act: () => void): void {
  let isDone = false;
  Aspects.of(construct).add({
    visit(node) {
      if (node === construct && !isDone) {
        isDone = true;
        act();
      }
    },
  });
}
