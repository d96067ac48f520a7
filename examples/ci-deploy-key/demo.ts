import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { findTerraform, runProgram, startServer } from "../runner/programs.ts";

const help = `Usage: npm run demo [-- --keep]

Declares an API key with the CDKTF program beside this one, applies it with a real Terraform or OpenTofu to a server
of its own, uses the key, fences it, and revokes it. Needs nothing but Node; writes to a temporary folder only.

  --keep   leave the temporary folder for a look

Exit code 0 only if every step held.`;

const dist = fileURLToPath(new URL("../../", import.meta.url));
const example = fileURLToPath(new URL("./main.js", import.meta.url));

/** Where the parts of one run are. */
interface Demo {
  readonly folder: string;
  readonly stack: string;
  readonly terraform: string;
  readonly url: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

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
  const startedAt = performance.now();
  const folder = await mkdtemp(path.join(tmpdir(), "keyward-demo-"));
  try {
    await runDemo(folder);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    tell(`Every step held, in ${seconds} seconds.`);
    return 0;
  } catch (error) {
    process.stderr.write(`\ndemo: ${error instanceof Error ? error.message : "failed"}\n`);
    return 1;
  } finally {
    if (option === "--keep") {
      tell(`Kept ${folder}`);
    } else {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function runDemo(folder: string): Promise<void> {
  const terraform = await findTerraform();
  tell(`1. Start a Keyward server on an embedded database (and find a client: ${terraform.description})`);
  const password = randomBytes(18).toString("base64url");
  const server = await startServer(path.join(dist, "cli/main.js"), {
    KEYWARD_DATA_DIR: path.join(folder, "data"),
    KEYWARD_ADMIN_PASSWORD: password,
    KEYWARD_PORT: "0",
  });
  try {
    detail(`listening on ${server.url}`);
    const cliConfig = path.join(folder, "terraform.rc");
    const mirror = JSON.stringify(path.join(dist, "mirror"));
    await writeFile(
      cliConfig,
      `provider_installation {\n  filesystem_mirror {\n    path = ${mirror}\n  }\n}\n`,
    );
    await followTheKey({
      folder,
      stack: path.join(folder, "cdktf.out/stacks/ci-deploy-key"),
      terraform: terraform.program,
      url: server.url,
      environment: {
        CDKTF_OUTDIR: path.join(folder, "cdktf.out"),
        CHECKPOINT_DISABLE: "1",
        TF_CLI_CONFIG_FILE: cliConfig,
        TF_IN_AUTOMATION: "1",
        KEYWARD_ENDPOINT: server.url,
        KEYWARD_USERNAME: "admin",
        KEYWARD_PASSWORD: password,
      },
    });
  } finally {
    await server.stop();
  }
}

async function followTheKey(demo: Demo): Promise<void> {
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

function synthesise(demo: Demo, variables: Readonly<Record<string, string>>): Promise<string> {
  return runProgram(process.execPath, [example], demo.folder, { ...demo.environment, ...variables });
}

function terraform(demo: Demo, parameters: readonly string[]): Promise<string> {
  return runProgram(demo.terraform, parameters, demo.stack, demo.environment);
}

async function expectStatus(demo: Demo, secret: string, expected: number): Promise<void> {
  const path = "/api/v4/user_api_keys";
  const response = await fetch(demo.url + path, { headers: { Authorization: `Bearer ${secret}` } });
  const body = await response.text();
  detail(`GET ${path} answers ${response.status}${response.status === 200 ? "" : ` ${body}`}`);
  hold(response.status === expected, `the answer must be ${expected}`);
}

function lastLine(output: string, start: string): string {
  const line = output.split("\n").findLast((candidate) => candidate.startsWith(start));
  return line ?? `no line that starts with ${start}`;
}

function hold(condition: boolean, requirement: string): void {
  if (!condition) {
    throw new Error(`a step did not hold: ${requirement}`);
  }
}

function tell(text: string): void {
  process.stdout.write(`\n${text}\n`);
}

function detail(text: string): void {
  process.stdout.write(`   ${text}\n`);
}

process.exitCode = await main();
