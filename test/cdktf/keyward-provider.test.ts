import { TerraformVariable } from "cdktf";
import { expect, test } from "vitest";
import { KeywardProvider } from "../../cdktf/index.ts";
import { newStack, synthesise } from "./synthesised.ts";

test.each(["token", "password"])(
  "a provider warns of a %s that would be synthesised in clear, without showing it",
  (property) => {
    const stack = newStack();
    new KeywardProvider(stack, "Other", { alias: "other", [property]: "letmein" });
    const [warning, ...others] = synthesise(stack);
    expect(warning).toBe(
      `[stack/Other] ${property}: the credential is written here and will be in cdk.tf.json in clear; leave it to KEYWARD_${property.toUpperCase()}, or give a token`,
    );
    expect(others).toEqual([]);
  },
);

test("a provider takes a credential from a variable", () => {
  const stack = newStack();
  const token = new TerraformVariable(stack, "Token", { type: "string", sensitive: true }).stringValue;
  new KeywardProvider(stack, "Other", { alias: "other", token });
  expect(synthesise(stack)).toEqual([]);
});
