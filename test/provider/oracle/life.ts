import { expect } from "vitest";
import type { DiagnosticMessage } from "../../../provider/plugin/messages.ts";
import type { Attributes } from "../../../provider/plugin/schema.ts";
import { decodeObject, encodeObject, type ObjectValue } from "../../../provider/plugin/values.ts";
import type { ProviderInProcess } from "../provider-in-process.ts";
import { isKnown } from "./canonical.ts";
import { type Action, finalPlanFaults, isSameObject } from "./oracle.ts";

/** A plan, and what it does. */
export interface PlannedChange {
  readonly action: Action;
  readonly planned: ObjectValue | null;
  readonly privateBytes: Uint8Array;
}

/**
 * One object through its life, by the steps that core takes: validate and plan, and plan a new object where this one must
 * be replaced; at apply the same again with what is known by then, held against the first plan, and only then the change.
 */
export class Life {
  state: ObjectValue | null = null;
  #privateBytes: Uint8Array = new Uint8Array();
  readonly typeName: string;
  readonly attributes: Attributes;
  readonly #provider: ProviderInProcess;

  constructor(provider: ProviderInProcess, typeName: string) {
    this.#provider = provider;
    this.typeName = typeName;
    this.attributes = provider.schemaOf(typeName).attributes;
  }

  /** What the provider has against a configuration. */
  async validate(config: ObjectValue): Promise<readonly DiagnosticMessage[]> {
    const answer = await this.#provider.call("ValidateResourceConfig", {
      typeName: this.typeName,
      config: encodeObject(this.attributes, config),
      clientCapabilities: { deferralAllowed: false, writeOnlyAttributesAllowed: true },
    });
    return answer.diagnostics;
  }

  async plan(config: ObjectValue): Promise<PlannedChange> {
    refuseErrors(await this.validate(config));
    const change = await this.#planFrom(this.state, config, this.#privateBytes);
    if (change.action !== "replace") {
      return change;
    }
    return { ...(await this.#planFrom(null, config, new Uint8Array())), action: "replace" };
  }

  /** Makes the change that was planned, with a configuration that is wholly known by now. */
  async apply(first: PlannedChange, config: ObjectValue): Promise<void> {
    expect(isKnown(config), "the configuration is known at apply").toBe(true);
    if (first.action === "none") {
      return;
    }
    if (first.action === "replace") {
      await this.destroy();
    }
    const again = first.action === "replace" ? { ...first, action: "create" as const } : first;
    const final = await this.plan(config);
    expect(finalPlanFaults(this.attributes, again, final), "the plan at apply").toEqual([]);
    if (final.action !== "none") {
      await this.#apply(final, config);
    }
  }

  /** Reads the state as it is stored, and then the object as it is. */
  async refresh(): Promise<void> {
    const { typeName, attributes } = this;
    const stored = await this.#provider.call("UpgradeResourceState", {
      typeName,
      version: this.#provider.schemaOf(typeName).version,
      rawState: { json: Buffer.from(JSON.stringify(this.state)), flatmap: {} },
    });
    refuseErrors(stored.diagnostics);
    expect(isSameObject(attributes, decodeObject(attributes, stored.upgradedState), this.state)).toBe(true);
    const answer = await this.#provider.call("ReadResource", {
      typeName,
      currentState: stored.upgradedState,
      privateBytes: this.#privateBytes,
    });
    refuseErrors(answer.diagnostics);
    this.state = decodeObject(attributes, answer.newState);
    this.#privateBytes = answer.privateBytes;
  }

  /** Fails unless nothing is left to do. */
  async expectNothingToDo(config: ObjectValue): Promise<void> {
    const { action, planned } = await this.plan(config);
    expect({ action, planned }, "the plan after an apply").toEqual({ action: "none", planned: this.state });
  }

  async destroy(): Promise<void> {
    await this.#apply(await this.#planFrom(this.state, null, this.#privateBytes), null);
  }

  async #planFrom(
    prior: ObjectValue | null,
    config: ObjectValue | null,
    priorPrivate: Uint8Array,
  ): Promise<PlannedChange> {
    const { attributes } = this;
    const answer = await this.#provider.call("PlanResourceChange", {
      typeName: this.typeName,
      priorState: encodeObject(attributes, prior),
      proposedNewState: encodeObject(attributes, this.#proposed(prior, config)),
      config: encodeObject(attributes, config),
      priorPrivate,
    });
    refuseErrors(answer.diagnostics);
    const planned = decodeObject(attributes, answer.plannedState);
    const action = this.#actionOf(prior, planned, answer.requiresReplace.length > 0);
    return { action, planned, privateBytes: answer.plannedPrivate };
  }

  /** What core proposes: the configuration, and in place of what it leaves out, what was computed before. */
  #proposed(prior: ObjectValue | null, config: ObjectValue | null): ObjectValue | null {
    if (config === null || prior === null) {
      return config;
    }
    const isKept = (name: string) =>
      config[name] === null && this.attributes[name]?.options.computed === true;
    return Object.fromEntries(
      Object.keys(this.attributes).map((name) => [name, (isKept(name) ? prior[name] : config[name]) ?? null]),
    );
  }

  #actionOf(prior: ObjectValue | null, planned: ObjectValue | null, isReplaced: boolean): Action {
    if (prior === null) {
      return "create";
    }
    if (planned === null) {
      return "delete";
    }
    if (isReplaced) {
      return "replace";
    }
    return isSameObject(this.attributes, prior, planned) ? "none" : "update";
  }

  async #apply({ planned, privateBytes }: PlannedChange, config: ObjectValue | null): Promise<void> {
    const { attributes } = this;
    const answer = await this.#provider.call("ApplyResourceChange", {
      typeName: this.typeName,
      priorState: encodeObject(attributes, this.state),
      plannedState: encodeObject(attributes, planned),
      config: encodeObject(attributes, config),
      plannedPrivate: privateBytes,
    });
    refuseErrors(answer.diagnostics);
    this.state = decodeObject(attributes, answer.newState);
    this.#privateBytes = answer.privateBytes;
  }
}

/** The provider refused what a test takes for right. */
function refuseErrors(diagnostics: readonly DiagnosticMessage[]): void {
  const errors = diagnostics.filter(({ severity }) => severity === "ERROR");
  if (errors.length > 0) {
    throw new Refused(errors.map(({ summary, detail }) => `${summary}: ${detail}`).join("\n"));
  }
}

/** A configuration or a change that the provider refuses, in its own words. */
class Refused extends Error {}
