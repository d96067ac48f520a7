import { NullProvider } from "@cdktf/provider-null/lib/provider/index.js";
import type { TerraformStack } from "cdktf";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  ApiKey,
  type ApiKeyProps,
  command,
  days,
  Expiry,
  githubActionsSecret,
  gitlabVariable,
  hours,
  PipelineSecret,
  pakFile,
  Rotation,
  type SecretTarget,
  seconds,
} from "../../cdktf/index.ts";
import { jsonOf, newStack, resourceOf, synthesise } from "./synthesised.ts";

const github = githubActionsSecret({ repository: "acme/website", name: "DEPLOY_KEY" });

function handover(target: SecretTarget = github, key: Partial<ApiKeyProps> = {}): TerraformStack {
  const stack = newStack();
  const deploy = new ApiKey(stack, "Deploy", { user: "1", name: "deploy", expiry: Expiry.never(), ...key });
  new PipelineSecret(stack, "Handover", { key: deploy, target });
  return stack;
}

const provisioners = z.array(
  z.object({
    "local-exec": z.object({
      command: z.string(),
      interpreter: z.array(z.string()),
      environment: z.record(z.string(), z.string()),
    }),
  }),
);

function provisionerOf(stack: TerraformStack) {
  const [only] = provisioners.parse(resourceOf(stack, "null_resource")["provisioner"]);
  return only?.["local-exec"] ?? expect.fail("there is no provisioner");
}

describe("a pipeline's secret", () => {
  test("is handed over anew when the key has another number, or the target is another", () => {
    expect(resourceOf(handover(), "null_resource")["triggers"]).toEqual({
      key: "${keyward_api_key.Deploy_7B206E61.id}",
      target: "GitHub Actions secret DEPLOY_KEY of acme/website",
    });
  });

  const targets = [
    github,
    githubActionsSecret({
      repository: "git.example.org/acme/website",
      name: "DEPLOY_KEY",
      environment: "live",
    }),
    gitlabVariable({ project: "acme/shop/website", name: "DEPLOY_KEY" }),
    pakFile({ path: "/run/secrets/deploy.PAK" }),
    command('printf %s "$KEYWARD_SECRET" | vault kv put secret/deploy value=-'),
  ];
  test.each(targets)("travels in the environment alone: $name", (target) => {
    const stack = handover(target);
    const { command, interpreter, environment } = provisionerOf(stack);
    expect(environment["KEYWARD_SECRET"]).toBe("${keyward_api_key.Deploy_7B206E61.secret}");
    const rest = { command, interpreter, triggers: resourceOf(stack, "null_resource")["triggers"] };
    expect(JSON.stringify(rest)).not.toMatch(/\.secret\}/);
    // Whoever lists processes sees parameters: the secret is one of printf alone, which the shell itself has.
    const uses = command.split("\n").filter((line) => line.includes("$KEYWARD_SECRET"));
    expect(uses.filter((line) => !/^printf (%s|"%s\\n") "\$KEYWARD_SECRET" [|>]/.test(line))).toEqual([]);
    expect(synthesise(stack)).toEqual([]);
  });

  test("is the encrypted one where the key has recipients", () => {
    const { environment } = provisionerOf(handover(github, { recipients: ["age1x"] }));
    expect(environment["KEYWARD_SECRET"]).toBe("${keyward_api_key.Deploy_7B206E61.encrypted_secret}");
  });

  test("brings the null provider, pinned and once", () => {
    const stack = handover();
    const key = new ApiKey(stack, "Other", { user: "1", name: "other", expiry: Expiry.never() });
    new PipelineSecret(stack, "OtherHandover", { key, target: github });
    expect(jsonOf(stack).terraform).toMatchObject({
      required_providers: { null: { source: "null", version: "3.2.4" } },
    });
    const own = newStack();
    new NullProvider(own, "Mine");
    const mine = new ApiKey(own, "Deploy", { user: "1", name: "deploy", expiry: Expiry.never() });
    new PipelineSecret(own, "Handover", { key: mine, target: github });
    expect(own.node.tryFindChild("Null")).toBeUndefined();
    expect([synthesise(stack), synthesise(own)]).toEqual([[], []]);
  });

  const faults: readonly [SecretTarget, Partial<ApiKeyProps>, string][] = [
    [
      github,
      { ownSecret: { secret: "kw_x", version: 1 } },
      "key: stack/Deploy has ownSecret, which is stored nowhere",
    ],
    [
      github,
      { rotation: Rotation.every(days(30), { overlap: seconds(0) }) },
      "key: stack/Deploy is rotated without an overlap: the old secret would end before the new one is handed over",
    ],
    [
      gitlabVariable({ project: "acme/website", name: "KEY" }),
      { recipients: ["age1x"] },
      "target: GitLab CI variable KEY of acme/website is masked, which takes one line",
    ],
    [
      githubActionsSecret({ repository: "website", name: "KEY" }),
      {},
      'target: repository: "website" is not one',
    ],
    [
      githubActionsSecret({ repository: "acme/website", name: "GITHUB_KEY" }),
      {},
      'target: name: "GITHUB_KEY" is not one; write something like DEPLOY_KEY',
    ],
    [gitlabVariable({ project: "website", name: "KEY" }), {}, 'target: project: "website" is not one'],
    [pakFile({ path: "secrets/" }), {}, 'target: path: "secrets/" is not one'],
    [command(" "), {}, "target: the command is empty"],
    [
      command("true", { environment: { KEYWARD_SECRET: "x" } }),
      {},
      'target: environment: "KEYWARD_SECRET" is not free',
    ],
  ];
  test.each(faults.map(([target, key, message]) => ({ target, key, message })))(
    "fails the synthesis: $message",
    ({ target, key, message }) => {
      expect(() => synthesise(handover(target, key))).toThrow(`[stack/Handover] ${message}`);
    },
  );

  test("is kept out of a command of one's own", () => {
    const stack = newStack();
    const key = new ApiKey(stack, "Deploy", {
      user: "1",
      name: "deploy",
      expiry: Expiry.after(days(1)),
      rotation: Rotation.onChange({ overlap: hours(1) }),
    });
    new PipelineSecret(stack, "Handover", { key, target: command(`deliver --secret ${key.secret}`) });
    expect(() => synthesise(stack)).toThrow(
      "[stack/Handover] target: the command names an attribute of stack/Deploy, which everybody on the machine could see",
    );
  });
});
