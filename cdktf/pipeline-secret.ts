import { Resource as NullResource } from "@cdktf/provider-null/lib/resource/index.js";
import { Construct } from "constructs";
import type { ApiKey } from "./api-key.ts";
import { atSynthesis } from "./at-synthesis.ts";
import { reportFaults, reportWarnings } from "./faults.ts";
import { TerraformStack } from "./framework.ts";
import { digestOf, environmentOf, guard, secretNamedIn } from "./hand-over-command.ts";
import { resolved, verbatim } from "./late.ts";
import { manyKeysProblem } from "./many-keys.ts";
import { requireNullProvider } from "./null-provider.ts";
import { lateSuccession } from "./rotation.ts";
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
 * when anything of the target is another.
 *
 *     new PipelineSecret(this, "Handover", {
 *       key,
 *       target: githubActionsSecret({ repository: "acme/website", name: "DEPLOY_KEY" }),
 *     });
 *
 * The secret travels in the environment of a command on the machine that applies, never on a command line and never in what Terraform
 * stores for it. A rotation makes the successor first, then the secret is handed over, and the predecessor ends after the overlap:
 * choose one that is longer than an apply takes. A key that ends after a length of time has to rotate, by age, so early that the overlap
 * ends before the key would: `Expiry.after(days(90))` with `Rotation.every(days(60), { overlap: hours(48) })`. When the command fails,
 * the apply fails, the key stays, and the next apply tries again.
 *
 * Another `user` of the key is another key: Terraform revokes the old one before there is a new secret to hand over, unless
 * `key.resource.lifecycle = { createBeforeDestroy: true }`.
 *
 * Destroying it takes nothing back: what was handed over is revoked with the key.
 */
export class PipelineSecret extends Construct {
  /** The resource itself, for what this construct does not cover. */
  readonly resource: NullResource;

  constructor(scope: Construct, id: string, props: PipelineSecretProps) {
    super(scope, id);
    const { key, target } = props;
    this.#checkKey(key);
    this.#checkTarget(key, target);
    requireNullProvider(this);
    this.resource = new NullResource(this, "Resource", {
      // The number of the key alone says whether there is a new secret: each has a number of its own.
      triggers: { key: key.keyId, target: verbatim(target.name), delivery: digestOf(this, target) },
      provisioners: [
        {
          type: "local-exec",
          command: verbatim(target.command),
          interpreter: ["/bin/sh", "-eu", "-c", guard],
          environment: {
            ...environmentOf(target),
            KEYWARD_SECRET: key.secretForm === "encrypted" ? key.encryptedSecret : key.secret,
          },
        },
      ],
    });
  }

  #checkKey(key: ApiKey): void {
    const { path } = key.node;
    if (key.secretForm === "own") {
      reportFaults(this, "key", [
        `${path} has ownSecret, which is stored nowhere: there is nothing to hand over; hand it over where it comes from`,
      ]);
    }
    if (key.rotation?.overlap.seconds === 0) {
      reportFaults(this, "key", [
        `${path} is rotated without an overlap: the old secret would end before the new one is handed over; write { overlap: hours(1) }, for instance`,
      ]);
    }
    const late = lateSuccession(key.expiry, key.rotation);
    if (late !== undefined) {
      reportFaults(this, "key", [
        `${path} ${late}: the old secret would end before a new one is handed over; rotate in time, such as Expiry.after(days(90)) with Rotation.every(days(60), { overlap: hours(48) }), or end the key on a day of your choice with Expiry.at(...)`,
      ]);
    }
    if (TerraformStack.of(key) !== TerraformStack.of(this)) {
      reportWarnings(this, "key", [
        `${path} is in another stack, so that its secret is kept in the states of both; hand it over in its own stack`,
      ]);
    }
    atSynthesis(this, () => reportFaults(this, "key", manyKeysProblem(key)));
  }

  #checkTarget(key: ApiKey, target: SecretTarget): void {
    reportFaults(this, "target", target.faults);
    if (key.secretForm === "encrypted" && target.isOneLine) {
      reportFaults(this, "target", [
        `${target.name} is masked, which takes one line, and the encrypted secret of ${key.node.path} has many; write masked: false`,
      ]);
    }
    const { name, command, environment } = target;
    const secret = secretNamedIn(JSON.stringify(resolved(this, [name, command, environment])));
    if (secret !== undefined) {
      reportFaults(this, "target", [
        `it names ${secret}, which everybody on the machine could see; read $KEYWARD_SECRET from the environment, and give another key a PipelineSecret of its own`,
      ]);
    }
  }
}
