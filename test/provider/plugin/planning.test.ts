import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isWhollyKnown, sameValue } from "../../../provider/plugin/equality.ts";
import { planObject, planUpdate, replacedPaths } from "../../../provider/plugin/planning.ts";
import { type Attributes, object, type Shape, set, string } from "../../../provider/plugin/schema.ts";
import { keepSpelling, withoutWriteOnly } from "../../../provider/plugin/settling.ts";
import { isUnknown, unknown } from "../../../provider/plugin/unknown.ts";
import type { ObjectValue, Value } from "../../../provider/plugin/values.ts";
import { planFaults } from "../oracle/oracle.ts";
import { objectOf } from "./arbitraries.ts";
import { noteSchema } from "./notes-provider.ts";

const { attributes } = noteSchema;

const config: ObjectValue = {
  title: "one",
  folder: "f",
  body: null,
  tags: ["A", "b"],
  stars: null,
  labels: null,
  links: [{ url: "u", checked: null }],
  limits: { words: 3, unit: null, summary: null },
  passphrase: "hush",
  id: null,
  secret: null,
  revision: null,
};

const prior: ObjectValue = {
  ...config,
  body: "",
  tags: ["b", "A"],
  links: [{ url: "u", checked: true }],
  limits: { words: 3, unit: "words", summary: "at most 3" },
  passphrase: null,
  id: "1",
  secret: null,
  revision: 4,
};

describe("the plan of a new object", () => {
  const { planned } = planObject(attributes, config, null);

  test("has what the user set, word for word", () => {
    expect(planned).toMatchObject({ title: "one", folder: "f", tags: ["A", "b"] });
  });

  test("leaves open what the provider computes, also within nested objects", () => {
    expect(planned).toMatchObject({ id: unknown, secret: unknown, revision: unknown });
    expect(planned["links"]).toEqual([{ url: "u", checked: unknown }]);
    expect(planned["limits"]).toEqual({ words: 3, unit: "words", summary: unknown });
  });

  test("shows defaults", () => {
    expect(planned["body"]).toBe("");
  });

  test("never holds a write-only value", () => {
    expect(planned["passphrase"]).toBeNull();
  });

  test("echoes an unknown of the configuration itself, refinements and all", () => {
    const refined = planObject(attributes, { ...config, title: unknown }, null).planned["title"];
    expect(refined).toBe(unknown);
  });
});

describe("the plan of an existing object", () => {
  test("is the prior state itself when the user changed nothing, a missing secret included", () => {
    expect(planObject(attributes, config, prior)).toEqual({ planned: prior, changes: false });
    expect(planObject(attributes, config, prior).planned).toBe(prior);
  });

  test("keeps everything computed when something else changes", () => {
    const { planned, changes } = planObject(attributes, { ...config, title: "two" }, prior);
    expect(changes).toBe(true);
    expect(planned).toEqual({ ...prior, title: "two" });
  });

  test("leaves open what every update changes", () => {
    const changed = { ...config, title: "two" };
    const { planned } = planObject(attributes, changed, prior);
    expect(planUpdate(attributes, changed, prior, planned)["revision"]).toBe(unknown);
  });

  test("leaves open what is computed in the one nested object that changes", () => {
    const changed = {
      ...config,
      links: [
        { url: "u", checked: null },
        { url: "v", checked: null },
      ],
      limits: { words: 4, unit: null, summary: null },
    };
    const { planned } = planObject(attributes, changed, prior);
    expect(planned["links"]).toEqual([
      { url: "u", checked: true },
      { url: "v", checked: unknown },
    ]);
    expect(planned["limits"]).toEqual({ words: 4, unit: "words", summary: unknown });
  });

  test("clears what the user no longer sets, and returns to the default where there is one", () => {
    const { planned } = planObject(
      attributes,
      { ...config, tags: null, body: null },
      { ...prior, body: "text" },
    );
    expect(planned).toMatchObject({ tags: null, body: "" });
  });

  test("keeps the earlier spelling when the configuration means the same", () => {
    const { planned, changes } = planObject(attributes, { ...config, tags: ["B", "a"] }, prior);
    expect(changes).toBe(false);
    expect(planned["tags"]).toEqual(["b", "A"]);
  });

  test("recognises the elements of a set of objects wherever they are", () => {
    const rules: Attributes = {
      rules: set(
        object({
          address: string({ required: true, description: "Address." }),
          number: string({ computed: true, description: "Number." }),
        }),
        { optional: true, description: "Rules." },
      ),
    };
    const before = {
      rules: [
        { address: "a", number: "1" },
        { address: "b", number: "2" },
      ],
    };
    const same = {
      rules: [
        { address: "b", number: null },
        { address: "a", number: null },
      ],
    };
    expect(planObject(rules, same, before).planned).toBe(before);
    const more = {
      rules: [
        { address: "c", number: null },
        { address: "a", number: null },
      ],
    };
    expect(planObject(rules, more, before).planned["rules"]).toEqual([
      { address: "c", number: unknown },
      { address: "a", number: "1" },
    ]);
  });
});

describe("a replacement", () => {
  test("is asked for by the attribute that changes, and by no other", () => {
    expect(replacedPaths(attributes, prior, { ...prior, title: "two" })).toEqual([]);
    expect(replacedPaths(attributes, prior, { ...prior, folder: "g" })).toEqual([["folder"]]);
    expect(replacedPaths(attributes, prior, { ...prior, folder: unknown })).toEqual([["folder"]]);
  });

  test("within nested objects names the innermost place that exists on both sides", () => {
    const options = { optional: true, description: "Test." } as const;
    const nested: Attributes = {
      place: object({ city: string({ ...options, replace: true }), note: string(options) }, options),
    };
    const paris = { place: { city: "Paris", note: "x" } };
    expect(replacedPaths(nested, paris, { place: { city: "Rome", note: "x" } })).toEqual([["place", "city"]]);
    expect(replacedPaths(nested, paris, { place: { city: "Paris", note: "y" } })).toEqual([]);
    expect(replacedPaths(nested, paris, { place: null })).toEqual([["place"]]);
  });
});

describe("an answer of the outside world", () => {
  test("is kept in the plan's spelling where it means the same", () => {
    expect(keepSpelling(attributes, prior, { ...prior, tags: ["a", "b"] })["tags"]).toEqual(["b", "A"]);
    expect(keepSpelling(attributes, prior, { ...prior, tags: ["a", "c"] })["tags"]).toEqual(["a", "c"]);
  });

  test("loses its write-only values", () => {
    expect(withoutWriteOnly(attributes, { ...prior, passphrase: "hush" })["passphrase"]).toBeNull();
  });
});

describe("any plan", () => {
  test("holds to core's rules, whatever the configuration and the prior state", () => {
    fc.assert(
      fc.property(anyConfig(), fc.option(anyState()), (wanted, before) => {
        const { planned } = planObject(attributes, wanted, before);
        expect(planFaults(attributes, before, wanted, planned)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("is empty when made again from its own outcome", () => {
    fc.assert(
      fc.property(anyConfig().filter(isWhollyKnown), fc.option(anyState()), (wanted, before) => {
        const { planned } = planObject(attributes, wanted, before);
        const outcome = decide(attributes, planned);
        expect(planObject(attributes, wanted, outcome)).toEqual({ planned: outcome, changes: false });
      }),
      { numRuns: 300 },
    );
  });

  test("comes out the same at apply, for all that was known at plan", () => {
    fc.assert(
      fc.property(anyConfig(), fc.option(anyState()), (wanted, before) => {
        const atPlan = planObject(attributes, wanted, before).planned;
        const atApply = planObject(attributes, decide(attributes, wanted), before).planned;
        for (const [name, { shape }] of Object.entries(attributes)) {
          if (isWhollyKnown(wanted[name]) && isWhollyKnown(atPlan[name])) {
            expect(sameValue(shape, atPlan[name], atApply[name])).toBe(true);
          }
        }
      }),
    );
  });
});

/** Configurations never set what is only computed. */
function anyConfig(): fc.Arbitrary<ObjectValue> {
  return objectOf(attributes, true).map((value) => clearComputed(attributes, value));
}

function clearComputed(within: Attributes, value: ObjectValue): ObjectValue {
  return Object.fromEntries(
    Object.entries(within).map(([name, { shape, options }]) => {
      const content = value[name] ?? null;
      if (options.computed === true && options.optional !== true) {
        return [name, null];
      }
      return [name, clearWithin(shape, content)];
    }),
  );
}

function clearWithin(shape: Shape, content: Value): Value {
  if (shape.kind === "object" && isPlainObject(content)) {
    return clearComputed(shape.attributes, content);
  }
  if (shape.kind === "list" && shape.element.kind === "object" && Array.isArray(content)) {
    return content.map((item) => clearWithin(shape.element, item));
  }
  return content;
}

function anyState(): fc.Arbitrary<ObjectValue> {
  return objectOf(attributes, false).map((value) => withoutWriteOnly(attributes, value));
}

/** Decides every unknown, as the provider does for what it computes, and the configuration for the rest. */
function decide(within: Attributes, value: ObjectValue): ObjectValue {
  return Object.fromEntries(
    Object.entries(within).map(([name, { shape }]) => [name, decideWithin(shape, value[name] ?? null)]),
  );
}

function decideWithin(shape: Shape, value: Value): Value {
  if (isUnknown(value)) {
    return decisions[shape.kind];
  }
  if (shape.kind === "object" && isPlainObject(value)) {
    return decide(shape.attributes, value);
  }
  if ((shape.kind === "list" || shape.kind === "set") && Array.isArray(value)) {
    return value.map((item) => decideWithin(shape.element, item));
  }
  return shape.kind === "map" && isPlainObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decideWithin(shape.element, item)]))
    : value;
}

const decisions = {
  string: "decided",
  number: 7,
  bool: true,
  list: [],
  set: [],
  map: {},
  object: null,
} as const;

function isPlainObject(value: Value): value is ObjectValue {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
