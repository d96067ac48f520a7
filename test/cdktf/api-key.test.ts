import { App, TerraformStack, TerraformVariable, Testing } from "cdktf";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ApiKey, type ApiKeyProps, KeywardProvider, User } from "../../cdktf/index.ts";

const stackJson = z.object({
  resource: z.object({ keyward_api_key: z.record(z.string(), z.record(z.string(), z.unknown())) }),
  output: z.record(z.string(), z.unknown()).optional(),
});

/** A stack with one key in it, and what it synthesises to. */
function synthesise(props: Partial<ApiKeyProps>, use?: (key: ApiKey) => void) {
  const stack = new TerraformStack(new App(), "stack");
  new KeywardProvider(stack, "Keyward");
  const user = new User(stack, "Ci", { name: "ci" });
  const key = new ApiKey(stack, "Deploy", { user: user.id, name: "deploy", ...props });
  use?.(key);
  const json = stackJson.parse(JSON.parse(Testing.synth(stack)));
  const [resource] = Object.values(json.resource.keyward_api_key);
  return { json, resource, key };
}

describe("the construct ApiKey", () => {
  test("declares a key of a user, with expiry and lists", () => {
    const { json, resource } = synthesise({
      description: "Deploys",
      expiresAt: new Date("2035-06-01T00:00:00.000Z"),
      ipAllowList: ["192.0.2.0/24", "2001:db8::1"],
    });

    expect(resource).toMatchObject({
      name: "deploy",
      user: expect.stringMatching(/^\$\{keyward_user\.Ci\.id\}$/),
      description: "Deploys",
      expires_at: "2035-06-01T00:00:00Z",
      ip_allow_list: ["192.0.2.0/24", "2001:db8::1"],
    });
    // Addresses in a state are made from construct ids: they are part of the contract.
    expect(Object.keys(json.resource.keyward_api_key)).toEqual(["Deploy_7B206E61"]);
  });

  test("declares nothing that was left out", () => {
    expect(Object.keys(synthesise({}).resource ?? {}).sort()).toEqual(["name", "user"]);
  });

  test("hands its secret to an output that Terraform hides", () => {
    const { json } = synthesise({}, (key) => key.outputSecret("deploy_secret"));
    expect(json.output).toEqual({
      deploy_secret: {
        description: "Secret of API key stack/Deploy",
        sensitive: true,
        value: expect.stringMatching(/^\$\{keyward_api_key\.Deploy_7B206E61\.secret\}$/),
      },
    });
  });

  test("leaves what is only known later to the server", () => {
    const { resource } = synthesise({}, (key) => {
      const variable = new TerraformVariable(key.node.scope ?? key, "Late", { type: "string" });
      new ApiKey(key.node.scope ?? key, "Other", {
        user: "1",
        name: variable.stringValue,
        expiresAt: variable.stringValue,
        ipAllowList: [variable.stringValue],
      });
    });
    expect(resource).toBeDefined();
  });

  test("warns of a deny list that can never decide", () => {
    const { key } = synthesise({ ipAllowList: ["192.0.2.1"], ipDenyList: ["192.0.2.2"] });
    expect(key.node.metadata.map((entry) => entry.data)).toEqual([
      expect.stringMatching(/^ipDenyList has no effect/),
    ]);
  });

  const faults: readonly [Partial<ApiKeyProps>, string][] = [
    [{ name: "" }, 'name: "" must not be empty'],
    [{ name: "x".repeat(129) }, "must be at most 128 characters"],
    [{ description: "x".repeat(2049) }, "description: must be at most 2048 characters"],
    [{ expiresAt: "tomorrow" }, 'expiresAt: "tomorrow" is not an RFC 3339 time'],
    [{ expiresAt: new Date("never") }, 'expiresAt: "Invalid Date" is not an RFC 3339 time'],
    [
      { ipAllowList: ["10.0.0.1/8"] },
      'ipAllowList: "10.0.0.1/8" has host bits set; did you mean the network 10.0.0.0/8',
    ],
    [{ ipDenyList: ["example.org", "::/0"] }, 'ipDenyList: "example.org" is a host name'],
  ];
  test.each(faults)("refuses %j at construction, where it is and why", (props, message) => {
    expect(() => synthesise(props)).toThrow("stack/Deploy: ");
    expect(() => synthesise(props)).toThrow(message);
  });
});
