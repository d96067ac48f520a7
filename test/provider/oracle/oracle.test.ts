/** The oracle finds what core finds: for each of its rules, an answer that breaks it. */

import { describe, expect, test } from "vitest";
import { defineProvider, resourcesOf } from "../../../provider/plugin/resource.ts";
import { bool, object, type Schema, schema, set, string } from "../../../provider/plugin/schema.ts";
import { unknown } from "../../../provider/plugin/unknown.ts";
import { encodeObject, type ObjectValue } from "../../../provider/plugin/values.ts";
import { ProviderInProcess } from "../provider-in-process.ts";
import { finalPlanFaults, planFaults, replacementFaults, resultFaults, stateFaults } from "./oracle.ts";

const { attributes }: Schema = schema({
  version: 0,
  description: "A thing.",
  attributes: {
    name: string({ required: true, description: "Name." }),
    note: string({ optional: true, description: "Note." }),
    tags: set(string, { optional: true, description: "Tags." }),
    limits: object(
      {
        most: string({ optional: true, description: "Most." }),
        text: string({ computed: true, description: "In words." }),
      },
      { optional: true, description: "Limits." },
    ),
    rules: set(
      object({
        address: string({ required: true, description: "Address." }),
        number: string({ computed: true, description: "Number." }),
      }),
      { optional: true, description: "Rules." },
    ),
    password: string({ optional: true, writeOnly: true, description: "Password." }),
    due: bool({ computed: true, nullable: true, description: "Whether it is due." }),
    id: string({ computed: true, description: "Number." }),
  },
});

const config: ObjectValue = {
  name: "a",
  note: null,
  tags: ["x", "y"],
  limits: { most: "3", text: null },
  rules: [{ address: "r", number: null }],
  password: "hush",
  due: null,
  id: null,
};

const planned: ObjectValue = {
  ...config,
  tags: ["y", "x"],
  limits: { most: "3", text: unknown },
  rules: [{ address: "r", number: unknown }],
  password: null,
  due: false,
  id: unknown,
};

const result: ObjectValue = {
  ...planned,
  limits: { most: "3", text: "at most 3" },
  rules: [{ address: "r", number: "1" }],
  id: "7",
};

describe("a plan", () => {
  test("that keeps to the rules has no fault", () => {
    expect(planFaults(attributes, null, config, planned)).toEqual([]);
    expect(planFaults(attributes, { ...result, name: "A" }, config, { ...planned, name: "A" })).toEqual([]);
    expect(planFaults(attributes, result, null, null)).toEqual([]);
  });

  test.each<[fault: string, change: ObjectValue]>([
    [".name: is planned otherwise than configured", { name: "b" }],
    [".note: is planned, and neither configured nor computed", { note: "made up" }],
    [".tags: is planned otherwise than configured", { tags: ["x"] }],
    [".tags: is planned otherwise than configured", { tags: unknown }],
    [".limits.most: is planned otherwise than configured", { limits: { most: "4", text: unknown } }],
    [".limits: is planned otherwise than configured", { limits: null }],
    [".rules: is planned otherwise than configured", { rules: [{ address: "s", number: unknown }] }],
    [".rules: is planned otherwise than configured", { rules: [] }],
    [".password: a write-only attribute is planned", { password: "hush" }],
  ])("has the fault %s", (fault, change) => {
    expect(planFaults(attributes, null, config, { ...planned, ...change })).toEqual([fault]);
  });

  test("must not decide what is not known, nor plan what is to go", () => {
    expect(planFaults(attributes, null, { ...config, name: unknown }, planned)).toEqual([
      ".name: is planned before it is known",
    ]);
    expect(planFaults(attributes, result, null, planned)).toHaveLength(1);
    expect(planFaults(attributes, null, config, null)).toHaveLength(1);
  });

  test("must ask for replacements at places that exist", () => {
    const path = (...names: readonly string[]) => ({
      steps: names.map((value) => ({ selector: { case: "attributeName" as const, value } })),
    });
    expect(replacementFaults(result, planned, [path("name"), path("limits", "most")])).toEqual([]);
    expect(replacementFaults(result, planned, [path("nmae"), path("limits", "least")])).toHaveLength(2);
    expect(replacementFaults(null, planned, [path("name")])).toHaveLength(1);
  });
});

describe("a plan at apply", () => {
  const first = { action: "update", planned } as const;

  test("says what the first one said, and may find that nothing changes", () => {
    expect(finalPlanFaults(attributes, first, { action: "update", planned: result })).toEqual([]);
    expect(finalPlanFaults(attributes, first, { action: "none", planned: result })).toEqual([]);
  });

  test.each<[fault: string, change: ObjectValue]>([
    [".due: is otherwise than planned", { due: true }],
    [".due: was known, and is not any more", { due: unknown }],
    [".note: was planned null", { note: "n" }],
    [".tags: has other elements than planned", { tags: ["x", "z"] }],
  ])("has the fault %s", (fault, change) => {
    const final = { action: "update", planned: { ...result, ...change } } as const;
    expect(finalPlanFaults(attributes, first, final)).toEqual([fault]);
  });

  test("does nothing else than the first one", () => {
    const final = { action: "replace", planned: result } as const;
    expect(finalPlanFaults(attributes, first, final)).toHaveLength(1);
  });
});

describe("a result", () => {
  test("that keeps to the plan has no fault", () => {
    expect(resultFaults(attributes, planned, result)).toEqual([]);
    expect(resultFaults(attributes, null, null)).toEqual([]);
  });

  test.each<[fault: string, change: ObjectValue]>([
    [".name: is otherwise than planned", { name: "b" }],
    [".tags: has other elements than planned", { tags: ["x", "y", "z"] }],
    [".tags: was planned to be there", { tags: null }],
    [".rules: has other elements than planned", { rules: [{ address: "s", number: "1" }] }],
    [".due: was planned to be there", { due: null }],
    [".id: is stored and not known", { id: unknown }],
  ])("has the fault %s", (fault, change) => {
    expect(resultFaults(attributes, planned, { ...result, ...change })).toEqual([fault]);
  });

  test("must not store what is write-only, and is not nothing", () => {
    expect(stateFaults(attributes, { ...result, password: "hush" })).toEqual([
      ".password: a write-only value is stored",
    ]);
    expect(resultFaults(attributes, planned, null)).toEqual([": was planned to be there"]);
  });
});

test("a provider that breaks a rule is found out by the call that does", async () => {
  const provider = new ProviderInProcess(
    defineProvider({
      schema: schema({ version: 0, description: "Test.", attributes: {} }),
      configure: () => null,
      resources: [
        resourcesOf<null>()({
          typeName: "test_thing",
          schema: schema({
            version: 0,
            description: "A thing.",
            attributes: { name: string({ required: true, description: "Name." }) },
          }),
          plan: ({ planned: plan }) => ({ ...plan, name: "b" }),
          read: async ({ state }) => state,
          create: async () => ({ name: "c" }),
          delete: async () => undefined,
        }),
      ],
    }),
  );
  await provider.configureWith({});
  const { attributes: own } = provider.schemaOf("test_thing");
  const wanted = encodeObject(own, { name: "a" });
  const change = { typeName: "test_thing", priorState: encodeObject(own, null), config: wanted };
  await expect(provider.call("PlanResourceChange", { ...change, proposedNewState: wanted })).rejects.toThrow(
    "PlanResourceChange produced what core refuses: .name: is planned otherwise than configured",
  );
  await expect(provider.call("ApplyResourceChange", { ...change, plannedState: wanted })).rejects.toThrow(
    "ApplyResourceChange produced what core refuses: .name: is otherwise than planned",
  );
});
