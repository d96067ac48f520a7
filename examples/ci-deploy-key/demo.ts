import path from "node:path";
import { fileURLToPath } from "node:url";
import { detail, hold, lastLine, tell } from "../runner/narration.ts";
import { runProgram } from "../runner/programs.ts";
import { runInSandbox, type Sandbox, synthesise as synthesiseIn } from "../runner/sandbox.ts";

const help = `Usage: npm run demo [-- --keep]

Declares an API key with the CDKTF program beside this one, applies it with a real Terraform or OpenTofu to a server
of its own, uses the key, fences it, and revokes it. Needs nothing but Node; writes to a temporary folder only.

  --keep   leave the temporary folder for a look

Exit code 0 only if every step held.`;

const example = fileURLToPath(new URL("./main.js", import.meta.url));

async function main(): Promise<number> {
  const [option, ...rest] = process.argv.slice(2);
  if (option === "--help" || option === "-h") {
    process.stdout.write(`${help}\n`);
    return 0;
  }
  if ((option !== undefined && option !== "--keep") || rest.length > 0) {
    process.stderr.write(`demo: unknown argument ${JSON.stringify(rest[0] ?? option)}\n\n${help}\n`);
    return 2;
  }
  return runInSandbox({ name: "demo", isKept: option === "--keep" }, followTheKey);
}

async function followTheKey(demo: Sandbox): Promise<void> {
  tell("2. Synthesise the CDKTF program and apply it");
  await synthesise(demo, {});
  await terraform(demo, ["init", "-input=false", "-no-color"]);
  detail(lastLine(await terraform(demo, [...apply, "-auto-approve"]), "Apply complete!"));

  tell("3. Look at the outputs: the secret is there, and not shown");
  const shown = await terraform(demo, ["output", "-no-color"]);
  detail(shown.trim());
  hold(shown.includes("<sensitive>"), "terraform output must show <sensitive>");
  const secret = await terraform(demo, ["output", "-raw", "deploy_secret"]);
  hold(/^kw_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/.test(secret), "terraform output -raw must print the secret");
  detail(
    `terraform output -raw deploy_secret prints ${secret.slice(0, 16)}... (${secret.length} characters)`,
  );

  tell("4. Call the API with the secret");
  await expectStatus(demo, secret, 200);

  tell("5. Plan again: nothing to do");
  await terraform(demo, [...plan, "-detailed-exitcode"]);
  detail("the plan is empty");

  tell("6. Move the pipeline to 192.0.2.0/24: an update in place, after which our own address is denied");
  await synthesise(demo, { RUNNERS: "192.0.2.0/24" });
  detail(lastLine(await terraform(demo, [...apply, "-auto-approve"]), "Apply complete!"));
  hold((await terraform(demo, ["output", "-raw", "deploy_secret"])) === secret, "the secret must stay");
  await expectStatus(demo, secret, 403);

  tell("7. Move it back: the same secret works again");
  await synthesise(demo, {});
  await terraform(demo, [...apply, "-auto-approve"]);
  await expectStatus(demo, secret, 200);

  tell("8. Destroy: the key is revoked at once");
  detail(
    lastLine(
      await terraform(demo, ["destroy", "-input=false", "-no-color", "-auto-approve"]),
      "Destroy complete!",
    ),
  );
  await expectStatus(demo, secret, 401);
}

const apply = ["apply", "-input=false", "-no-color"] as const;
const plan = ["plan", "-input=false", "-no-color"] as const;

function synthesise(demo: Sandbox, variables: Readonly<Record<string, string>>): Promise<string> {
  return synthesiseIn(demo, example, variables);
}

function terraform(demo: Sandbox, parameters: readonly string[]): Promise<string> {
  return runProgram(
    demo.terraform,
    parameters,
    path.join(demo.folder, "cdktf.out/stacks/ci-deploy-key"),
    demo.environment,
  );
}

async function expectStatus(demo: Sandbox, secret: string, expected: number): Promise<void> {
  const path = "/api/v4/user_api_keys";
  const response = await fetch(demo.url + path, { headers: { Authorization: `Bearer ${secret}` } });
  const body = await response.text();
  detail(`GET ${path} answers ${response.status}${response.status === 200 ? "" : ` ${body}`}`);
  hold(response.status === expected, `the answer must be ${expected}`);
}

process.exitCode = await main();
