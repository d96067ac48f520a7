import { describe, expect, expectTypeOf, test } from "vitest";
import { list, number, object, schema, set, string } from "../../../provider/plugin/schema.ts";
import { typeJson } from "../../../provider/plugin/schema-wire.ts";
import type { Unknown } from "../../../provider/plugin/unknown.ts";
import type { Config, KnownConfig, Plan, Planned, State } from "../../../provider/plugin/views.ts";

const description = "Test.";
const rule = object({
  address: string({ required: true, description }),
  hits: number({ computed: true, description }),
});
const example = schema({
  version: 0,
  description,
  attributes: {
    name: string({ required: true, description }),
    note: string({ optional: true, description }),
    text: string({ optional: true, default: "", description }),
    secret: string({ computed: true, nullable: true, description }),
    id: string({ computed: true, description }),
    once: string({ optional: true, writeOnly: true, description }),
    tags: set(string, { optional: true, description }),
    rules: list(rule, { required: true, description }),
  },
});
type Example = typeof example;

describe("a schema", () => {
  test("gives the configuration its type: anything may be unknown, what is computed is null", () => {
    expectTypeOf<Config<Example>["name"]>().toEqualTypeOf<string | Unknown>();
    expectTypeOf<Config<Example>["note"]>().toEqualTypeOf<string | Unknown | null>();
    expectTypeOf<Config<Example>["id"]>().toEqualTypeOf<null>();
    expectTypeOf<Config<Example>["tags"]>().toEqualTypeOf<readonly (string | Unknown)[] | Unknown | null>();
    expectTypeOf<KnownConfig<Example>["once"]>().toEqualTypeOf<string | null>();
  });

  test("gives the plan its type: open while it is made, at apply only what is computed", () => {
    expectTypeOf<Planned<Example>["name"]>().toEqualTypeOf<string | Unknown>();
    expectTypeOf<Plan<Example>["name"]>().toEqualTypeOf<string>();
    expectTypeOf<Plan<Example>["id"]>().toEqualTypeOf<string | Unknown>();
    expectTypeOf<Plan<Example>["text"]>().toEqualTypeOf<string>();
    expectTypeOf<Plan<Example>["once"]>().toEqualTypeOf<null>();
  });

  test("gives the state its type: wholly known, and null only where it says so", () => {
    expectTypeOf<State<Example>["name"]>().toEqualTypeOf<string>();
    expectTypeOf<State<Example>["note"]>().toEqualTypeOf<string | null>();
    expectTypeOf<State<Example>["text"]>().toEqualTypeOf<string>();
    expectTypeOf<State<Example>["secret"]>().toEqualTypeOf<string | null>();
    expectTypeOf<State<Example>["rules"]>().toEqualTypeOf<
      readonly { readonly address: string; readonly hits: number }[]
    >();
  });

  test("has the type constraints that core reads", () => {
    const { tags, rules, name } = example.attributes;
    expect([tags, rules, name].map(({ shape }) => typeJson(shape))).toEqual([
      ["set", "string"],
      ["list", ["object", { address: "string", hits: "number" }]],
      "string",
    ]);
  });

  test("does not compile with an attribute that lacks a description, contradicts itself or is misspelt", () => {
    // @ts-expect-error a description is required
    string({ required: true });
    // @ts-expect-error required and computed exclude each other
    string({ required: true, computed: true, description });
    // @ts-expect-error somebody must give the value
    string({ description });
    // @ts-expect-error what is computed cannot force a replacement
    string({ computed: true, replace: true, description });
    // @ts-expect-error a misspelt option would be ignored
    string({ optional: true, sensitve: true, description });
    // @ts-expect-error a default has the attribute's type
    string({ optional: true, default: 3, description });
    expect(typeJson(string.shape)).toBe("string");
  });
});
