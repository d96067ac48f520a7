import { spawnSync } from "node:child_process";
import { NullProvider } from "@cdktf/provider-null/lib/provider/index.js";
import { App, Fn, TerraformIterator, TerraformStack, TerraformVariable } from "cdktf";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  ApiKey,
  type ApiKeyProps,
  command,
  Duration,
  days,
  EphemeralSecret,
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
import { jsonOf, newStack, newStackIn, resourceOf, synthesise } from "./synthesised.ts";

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

const triggersOf = (stack: TerraformStack) =>
  z.record(z.string(), z.string()).parse(resourceOf(stack, "null_resource")["triggers"]);

function provisionerOf(stack: TerraformStack) {
  const [only] = provisioners.parse(resourceOf(stack, "null_resource")["provisioner"]);
  return only?.["local-exec"] ?? expect.fail("there is no provisioner");
}

describe("a pipeline's secret", () => {
  test("is handed over anew when the key has another number, or the target is another", () => {
    expect(triggersOf(handover())).toEqual({
      key: "${keyward_api_key.Deploy_7B206E61.id}",
      target: "GitHub Actions secret DEPLOY_KEY of acme/website",
      delivery: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(triggersOf(handover())).toEqual(triggersOf(handover()));
  });

  const gitlab = {
    project: "acme/website",
    name: "KEY",
    masked: true,
    protected: true,
    environmentScope: "*",
  };
  const changes: readonly (readonly [string, SecretTarget, SecretTarget])[] = [
    ...(["repository", "name", "environment"] as const).map((option) => {
      const props = { repository: "acme/website", name: "KEY", environment: "live" };
      return [
        `githubActionsSecret: ${option}`,
        githubActionsSecret(props),
        githubActionsSecret({ ...props, [option]: option === "repository" ? "acme/other" : "OTHER" }),
      ] as const;
    }),
    ...Object.entries({
      project: "acme/other",
      name: "OTHER",
      masked: false,
      protected: false,
      environmentScope: "live",
    }).map(
      ([option, value]) =>
        [
          `gitlabVariable: ${option}`,
          gitlabVariable(gitlab),
          gitlabVariable({ ...gitlab, [option]: value }),
        ] as const,
    ),
    ["pakFile: path", pakFile({ path: "/run/a" }), pakFile({ path: "/run/b" })],
    ["command: text", command("true"), command("true;")],
    ["command: environment", command("true"), command("true", { environment: { TARGET: "a" } })],
    [
      "command: a value",
      command("true", { environment: { TARGET: "a" } }),
      command("true", { environment: { TARGET: "b" } }),
    ],
  ];
  test.each(changes)("is handed over anew when the target changes: %s", (_, before, after) => {
    expect(triggersOf(handover(after))["delivery"]).not.toBe(triggersOf(handover(before))["delivery"]);
  });

  test("is handed over anew when a variable of the target has another value, of which the state has a digest alone", () => {
    const stack = newStack();
    const place = new TerraformVariable(stack, "Place", { type: "string", sensitive: true }).stringValue;
    const key = new ApiKey(stack, "Deploy", { user: "1", name: "deploy", expiry: Expiry.never() });
    new PipelineSecret(stack, "Handover", {
      key,
      target: command('deliver "$TO"', { environment: { TO: place } }),
    });
    const [local, value] = Object.entries(jsonOf(stack).locals)[0] ?? [];
    expect(value).toEqual(["a command", 'deliver "$TO"', "TO", "${var.Place}"]);
    expect(triggersOf(stack)["delivery"]).toBe(`\${sha256(jsonencode(local.${local}))}`);
    expect(synthesise(stack)).toEqual([]);
  });

  test("goes to a command as it is written, braces and all", () => {
    const target = command('printf %s "${KEYWARD_SECRET}" | deliver "%{x}"', {
      environment: { TO: "${HOME}" },
    });
    expect(provisionerOf(handover(target))).toMatchObject({
      command: 'printf %s "$${KEYWARD_SECRET}" | deliver "%%{x}"',
      environment: { TO: "$${HOME}" },
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

  test("is blotted out of what the command prints, which runs without the credentials of whoever applies", () => {
    const { command: text, interpreter } = provisionerOf(
      handover(command('env; echo "$KEYWARD_SECRET"; exit 3')),
    );
    const [shell = "", ...parameters] = interpreter.map((part) => part.replaceAll("$${", "${"));
    const { status, stdout } = spawnSync(shell, [...parameters, text], {
      env: {
        PATH: process.env["PATH"],
        KEYWARD_SECRET: "a secret",
        KEYWARD_TOKEN: "a token",
        KEYWARD_PASSWORD: "a password",
        KEYWARD_ENDPOINT: "an endpoint",
      },
      encoding: "utf8",
    });
    expect(status).toBe(3);
    expect(stdout).toContain("KEYWARD_SECRET=(secret)\n");
    expect(stdout).toContain("an endpoint");
    expect(stdout).not.toMatch(/a secret|a token|a password/);
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
    expect(jsonOf(stack).provider["null"]).toHaveLength(1);
    expect(synthesise(stack)).toEqual([]);
  });

  test.each(["before", "after"])("takes the null provider that the program declares %s it", (order) => {
    const stack = newStack();
    const key = new ApiKey(stack, "Deploy", { user: "1", name: "deploy", expiry: Expiry.never() });
    if (order === "before") {
      new NullProvider(stack, "Null");
    }
    new PipelineSecret(stack, "Handover", { key, target: github });
    if (order === "after") {
      new NullProvider(stack, "Null");
    }
    expect(jsonOf(stack).provider["null"]).toHaveLength(1);
    expect(synthesise(stack)).toEqual([]);
  });

  const faults: readonly [SecretTarget, Partial<ApiKeyProps>, string][] = [
    [
      github,
      { ownSecret: { secret: "${ephemeral.keyward_secret.own.secret}", version: 1 } },
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

  const delivered = (
    target: (keys: { own: ApiKey; other: ApiKey; elsewhere: ApiKey; drawn: EphemeralSecret }) => SecretTarget,
  ) => {
    const stack = newStack();
    const second = newStackIn(App.of(stack), "second");
    const declared = { user: "1", expiry: Expiry.never() };
    const keys = {
      own: new ApiKey(stack, "Deploy", { ...declared, name: "deploy" }),
      other: new ApiKey(stack, "Other", { ...declared, name: "other", recipients: ["age1x"] }),
      elsewhere: new ApiKey(second, "Elsewhere", { ...declared, name: "elsewhere" }),
      drawn: new EphemeralSecret(stack, "Drawn"),
    };
    new PipelineSecret(stack, "Handover", { key: keys.own, target: target(keys) });
    return stack;
  };
  test.each([
    ["its own", ({ own }) => command(`deliver ${own.secret}`)],
    ["another's", ({ other }) => command(`deliver ${other.secret}`)],
    ["another's, encrypted", ({ other }) => command(`deliver '${other.encryptedSecret}'`)],
    ["one of another stack", ({ elsewhere }) => command(`deliver ${elsewhere.secret}`)],
    ["a drawn one", ({ drawn }) => command(`deliver ${drawn.secret}`)],
    ["that of a whole key", ({ other }) => command(`deliver '${Fn.jsonencode(other.resource.fqn)}'`)],
    ["another's, in a variable", ({ other }) => command("deliver", { environment: { S: other.secret } })],
  ] satisfies [string, Parameters<typeof delivered>[0]][])(
    "is kept out of a command of one's own: %s",
    (_, target) => {
      expect(() => synthesise(delivered(target))).toThrow(
        /\[stack\/Handover\] target: it names (ephemeral\.)?[\w.-]*keyward_\w+.*, which everybody on the machine could see/,
      );
    },
  );

  test("does not keep a command from naming what is no secret", () => {
    const stack = delivered(({ own, other }) =>
      command(`deliver --key ${own.keyId} --beside ${other.resource.name}`),
    );
    expect(synthesise(stack)).toEqual([]);
  });

  const inTime = Rotation.every(days(89), { overlap: hours(24) });
  const late: readonly [Partial<ApiKeyProps>, string][] = [
    [{ expiry: Expiry.after(days(90)) }, 'ends after "90d" and has no successor'],
    [
      { expiry: Expiry.after(days(90)), rotation: Rotation.onChange({ overlap: hours(1) }) },
      'ends after "90d", and its successor is made only then',
    ],
    [
      { expiry: Expiry.after(days(89)), rotation: inTime },
      'ends after "89d", which is shorter than its rotation, every "89d", and the overlap of "24h" together',
    ],
  ];
  test.each(late)("has to be handed over before the old one ends: %#", (key, message) => {
    expect(() => synthesise(handover(github, key))).toThrow(
      `[stack/Handover] key: stack/Deploy ${message}: the old secret would end before a new one is handed over; rotate in time`,
    );
  });
  test.each([
    { expiry: Expiry.after(days(90)), rotation: inTime },
    { expiry: Expiry.at("2035-01-01T00:00:00Z") },
    { expiry: Expiry.after(Duration.parse("${var.length}")), rotation: inTime },
  ])("may be handed over where it is in time, or that is not known yet: %#", (key) => {
    expect(synthesise(handover(github, key))).toEqual([]);
  });

  test("of a key that was made many is not one secret", () => {
    const stack = newStack();
    const key = new ApiKey(stack, "Deploy", { user: "1", name: "deploy", expiry: Expiry.never() });
    new PipelineSecret(stack, "Handover", { key, target: github });
    key.resource.forEach = TerraformIterator.fromList(["a", "b"]);
    expect(() => synthesise(stack)).toThrow("[stack/Handover] key: stack/Deploy is many keys");
  });

  test("warns where the key is of another stack, whose secret is then in two states", () => {
    const stack = newStack();
    const key = new ApiKey(stack, "Deploy", { user: "1", name: "deploy", expiry: Expiry.never() });
    new PipelineSecret(new TerraformStack(App.of(stack), "other"), "Handover", { key, target: github });
    expect(synthesise(stack)).toEqual([
      expect.stringContaining("[other/Handover] key: stack/Deploy is in another stack"),
    ]);
  });
});
