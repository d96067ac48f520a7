import * as framework from "cdktf";
import { expect, inject, test } from "vitest";
import * as ours from "../../cdktf/framework.ts";

test("the constructs and their users have one copy of the framework, the one that this run is for", () => {
  expect(ours.TerraformStack).toBe(framework.TerraformStack);
  // The fork has what the original has not: resources that live for one run.
  expect("TerraformEphemeralResource" in ours).toBe(inject("framework") === "cdktn");
});
