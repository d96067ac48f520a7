import { NullProvider } from "@cdktf/provider-null/lib/provider/index.js";
import { Resource as NullResource } from "@cdktf/provider-null/lib/resource/index.js";
import { Construct } from "constructs";
import type { ApiKey } from "./api-key.ts";
import { reportFaults } from "./faults.ts";
import {
  DefaultTokenResolver,
  StringConcat,
  TerraformProvider,
  TerraformStack,
  Tokenization,
} from "./framework.ts";
import type { SecretTarget } from "./secret-target.ts";

/** What to hand over, and to whom. */
export interface PipelineSecretProps {
  /** The key whose secret it is. With `recipients`, the encrypted secret is handed over. */
  readonly key: ApiKey;
  /** Who gets it: `githubActionsSecret(...)`, `gitlabVariable(...)`, `pakFile(...)`, or a `command(...)` of one's own. */
  readonly target: SecretTarget;
}

/**
 * Hands the secret of a key to a pipeline, when and only when there is a new one: as the key is made, each time it is rotated, and
 * when the target is another.
 *
 *     new PipelineSecret(this, "Handover", {
 *       key,
 *       target: githubActionsSecret({ repository: "acme/website", name: "DEPLOY_KEY" }),
 *     });
 *
 * The secret travels in the environment of a command on the machine that applies, never on a command line and never in what Terraform
 * stores for it. A rotation makes the successor first, then the secret is handed over, and the predecessor ends after the overlap:
 * choose one that is longer than an apply takes. When the command fails, the apply fails, the key stays, and the next apply tries
 * again.
 *
 * Destroying it takes nothing back: what was handed over is revoked with the key.
 */
export class PipelineSecret extends Construct {
  /** The resource itself, for what this construct does not cover. */
  readonly resource: NullResource;

  constructor(scope: Construct, id: string, props: PipelineSecretProps) {
    super(scope, id);
    const { key, target } = props;
    this.#check(key, target);
    requireNullProvider(this);
    this.resource = new NullResource(this, "Resource", {
      // The number of the key alone says whether there is a new secret: each has a number of its own.
      triggers: { key: key.keyId, target: target.name },
      provisioners: [
        {
          type: "local-exec",
          command: target.command,
          interpreter: ["/bin/sh", "-eu", "-c", guard],
          environment: {
            ...target.environment,
            KEYWARD_SECRET: key.secretForm === "encrypted" ? key.encryptedSecret : key.secret,
          },
        },
      ],
    });
  }

  #check(key: ApiKey, target: SecretTarget): void {
    reportFaults(this, "target", target.faults);
    if (key.secretForm === "own") {
      reportFaults(this, "key", [
        `${key.node.path} has ownSecret, which is stored nowhere: there is nothing to hand over; hand it over where it comes from`,
      ]);
    }
    if (key.secretForm === "encrypted" && target.isOneLine) {
      reportFaults(this, "target", [
        `${target.name} is masked, which takes one line, and the encrypted secret of ${key.node.path} has many; write masked: false`,
      ]);
    }
    if (key.rotation?.overlap.seconds === 0) {
      reportFaults(this, "key", [
        `${key.node.path} is rotated without an overlap: the old secret would end before the new one is handed over; write { overlap: hours(1) }, for instance`,
      ]);
    }
    if (
      resolved(this, [target.name, target.command]).includes(
        `${key.resource.terraformResourceType}.${key.resource.friendlyUniqueId}.`,
      )
    ) {
      reportFaults(this, "target", [
        `the command names an attribute of ${key.node.path}, which everybody on the machine could see; read $KEYWARD_SECRET from the environment`,
      ]);
    }
  }
}

/**
 * Runs the target's command, which Terraform appends as `$0`. An imported key has no secret until it rotates, and to hand over nothing
 * would look like success. Terraform hides the output of a provisioner with sensitive values, but shows it when the
 * provisioner fails: a program that repeats its input would tell the secret then, so it is blotted out, by awk, which
 * reads it from the environment. The doubled $ is for Terraform.
 */
const guard = [
  ': "$${KEYWARD_SECRET:?the secret of this key is not known (it was imported); rotate the key to hand one over}"',
  'output=$(/bin/sh -eu -c "$0" 2>&1) && status=0 || status=$?',
  `printf '%s\\n' "$output" | awk '{`,
  '  while (place = index($0, ENVIRON["KEYWARD_SECRET"]))',
  '    $0 = substr($0, 1, place - 1) "(secret)" substr($0, place + length(ENVIRON["KEYWARD_SECRET"]))',
  "} 1'",
  'exit "$status"',
].join("\n");

/** A value with its tokens as Terraform will read them. */
function resolved(scope: Construct, value: readonly string[]): string {
  const resolver = new DefaultTokenResolver(new StringConcat());
  return JSON.stringify(Tokenization.resolve(value, { scope, resolver, preparing: false }));
}

/** The provider of `null_resource`, once for a stack, pinned to the version that the bindings were made from. */
function requireNullProvider(construct: Construct): void {
  const stack = TerraformStack.of(construct);
  const hasOne = stack.node
    .findAll()
    .some((node) => TerraformProvider.isTerraformProvider(node) && node.terraformResourceType === "null");
  if (!hasOne) {
    new NullProvider(stack, "Null");
  }
}
