import { cp, mkdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type GhStandIn, standInForGh } from "./gh-stand-in.ts";
import { useThroughNginx } from "./guarded-application.ts";
import { detail, hold, lastLine, tell } from "./narration.ts";
import { layOutNullProvider } from "./null-provider.ts";
import { runProgram } from "./programs.ts";
import { dist, runInSandbox, type Sandbox, synthesise } from "./sandbox.ts";

/** An example that was applied, and what can be done with it. */
interface Applied {
  readonly sandbox: Sandbox;
  readonly gh: GhStandIn;
  terraform(...parameters: readonly string[]): Promise<string>;
  destroy(): Promise<void>;
}

interface Example {
  /** What it shows, in a line. */
  readonly summary: string;
  /** Shows it, and destroys what was made. */
  show(applied: Applied): Promise<void>;
}

/** Every example. */
const examples: Readonly<Record<string, Example>> = {
  "ci-deploy-key": {
    summary: "a user for a pipeline, with one key from its runners alone",
    show: planAgain,
  },
  "team-keys": {
    summary: "a map of people to keys, with a group, its rights and a policy for all",
    show: planAgain,
  },
  "rotating-pipeline-secret": {
    summary: "a key that rotates, and whose new secret goes to the pipeline each time",
    show: watchRotation,
  },
  gateway: {
    summary: "a key for an application behind nginx, which asks about each request",
    show: callThroughGateway,
  },
};

const help = `Usage: npm run example -- NAME... [--hcl | --both] [--keep]

Applies each example with a real Terraform or OpenTofu to a server of its own, shows what came of it, and destroys it.
Needs nothing but Node, and nginx for the gateway; writes to a temporary folder only. The examples:

${Object.entries(examples)
  .map(([name, { summary }]) => `  ${name.padEnd(26)}${summary}`)
  .join("\n")}

  --hcl    apply the twin in Terraform's own language (main.tf) in place of the CDKTF program
  --both   apply the CDKTF program, and then its twin
  --keep   leave the temporary folder for a look

Registries are not asked. Where an example hands a secret to GitHub, a stand-in for gh writes down what it is given, and where
it needs the provider hashicorp/null, a stand-in with the same schema is built from test/null-provider.

Exit code 0 if every step held, 1 if one did not, 2 for a wrong argument.`;

async function main(): Promise<number> {
  const parameters = process.argv.slice(2);
  if (parameters.includes("--help") || parameters.includes("-h")) {
    process.stdout.write(`${help}\n`);
    return 0;
  }
  const options = parameters.filter((parameter) => parameter.startsWith("-"));
  const names = parameters.filter((parameter) => !parameter.startsWith("-"));
  const problem = problemWith(names, options);
  if (problem !== undefined) {
    process.stderr.write(`example: ${problem}\n\n${help}\n`);
    return 2;
  }
  const ways = options.includes("--both") ? [false, true] : [options.includes("--hcl")];
  // The gateway is believed about the address that it was called from.
  const serverVariables = { KEYWARD_TRUSTED_PROXIES: "127.0.0.1" };
  const isKept = options.includes("--keep");
  return runInSandbox({ name: "example", isKept, serverVariables }, async (sandbox) => {
    for (const name of names) {
      for (const isHcl of ways) {
        await apply(sandbox, name, isHcl);
      }
    }
  });
}

function problemWith(names: readonly string[], options: readonly string[]): string | undefined {
  const unknownOption = options.find((option) => !["--hcl", "--both", "--keep"].includes(option));
  const unknownName = names.find((name) => examples[name] === undefined);
  if (unknownOption !== undefined) {
    return `unknown argument ${JSON.stringify(unknownOption)}`;
  }
  if (unknownName !== undefined) {
    return `there is no example ${JSON.stringify(unknownName)}`;
  }
  return names.length === 0 ? "which one? Give its name" : undefined;
}

async function apply(sandbox: Sandbox, name: string, isHcl: boolean): Promise<void> {
  const work = path.join(sandbox.folder, name, isHcl ? "hcl" : "cdktf");
  const gh = await standInForGh(work);
  const variables = {
    PATH: gh.path,
    ROTATE_EVERY: "4s",
    OVERLAP: "3s",
    TF_VAR_rotate_every: "4s",
    TF_VAR_overlap: "3s",
  };
  const equipped = { ...sandbox, environment: { ...sandbox.environment, ...variables } };
  tell(`2. ${isHcl ? `Apply main.tf of ${name}` : `Synthesise the CDKTF program ${name} and apply it`}`);
  const stack = isHcl ? await copyTwin(work, name) : await synthesiseStack(equipped, name);
  const terraform = (...given: readonly string[]) =>
    runProgram(sandbox.terraform, given, stack, equipped.environment);
  await terraform("init", "-input=false", "-no-color");
  detail(lastLine(await terraform(...applyNow), "Apply complete!"));

  tell("3. Look at the outputs: a secret is there, and not shown");
  detail((await terraform("output", "-no-color")).trim());
  const destroy = async () => {
    tell("5. Destroy: what was made is revoked");
    const said = await terraform("destroy", "-input=false", "-no-color", "-auto-approve");
    detail(lastLine(said, "Destroy complete!"));
  };
  await examples[name]?.show({ sandbox, gh, terraform, destroy });
}

const applyNow = ["apply", "-input=false", "-no-color", "-auto-approve"] as const;

async function synthesiseStack(sandbox: Sandbox, name: string): Promise<string> {
  if (name === "rotating-pipeline-secret") {
    await layOutNullProvider(path.join(dist, ".."), sandbox.mirror);
  }
  const program = fileURLToPath(new URL(`../${name}/main.js`, import.meta.url));
  await synthesise(sandbox, program);
  return path.join(sandbox.folder, "cdktf.out/stacks", name);
}

async function copyTwin(work: string, name: string): Promise<string> {
  const stack = path.join(work, "root");
  await mkdir(stack);
  await cp(path.join(dist, "../examples", name, "main.tf"), path.join(stack, "main.tf"));
  return stack;
}

async function planAgain({ terraform, destroy }: Applied): Promise<void> {
  tell("4. Plan again: nothing to do");
  await terraform("plan", "-input=false", "-no-color", "-detailed-exitcode");
  detail("the plan is empty");
  await destroy();
}

async function callThroughGateway({ sandbox, terraform, destroy }: Applied): Promise<void> {
  const secret = await terraform("output", "-raw", "caller_secret");
  if (!(await useThroughNginx(sandbox, { secret, revoke: destroy }))) {
    await destroy();
  }
}

/** An age of seconds stands for one of days; else the runner does what a schedule would do. */
async function watchRotation({ gh, terraform, destroy }: Applied): Promise<void> {
  const [first] = await gh.received();
  hold(first !== undefined, "the first apply must hand the secret over");
  detail(`gh ${first?.parameters.join(" ")}, and on its standard input ${first?.secret.slice(0, 16)}...`);
  tell("4. Let the key come of age, and apply again: it rotates, and the new secret is handed over");
  await sleep(4_500);
  detail(lastLine(await terraform(...applyNow), "Apply complete!"));
  const received = await gh.received();
  const last = received.at(-1);
  hold(
    received.length === 2 && last?.secret !== first?.secret,
    "the second apply must hand over another secret",
  );
  detail(`gh ${last?.parameters.join(" ")}, and on its standard input ${last?.secret.slice(0, 16)}...`);
  await destroy();
}

process.exitCode = await main();
