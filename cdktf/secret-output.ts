import type { Construct } from "constructs";
import type { ApiKey } from "./api-key.ts";
import { atSynthesis } from "./at-synthesis.ts";
import { reportFaults, reportWarnings } from "./faults.ts";
import { TerraformOutput, TerraformStack } from "./framework.ts";
import { verbatim } from "./late.ts";
import { manyKeysProblem } from "./many-keys.ts";

/** Which secret to put out. */
export interface SecretOutputProps {
  /** The key whose secret it is. With `recipients`, the output is the encrypted secret. */
  readonly key: ApiKey;
  /**
   * Name of the output in Terraform, for `terraform output -raw NAME`. Unique in its stack.
   *
   * @default - cdktf's own, made from the path
   */
  readonly name?: string;
  /**
   * What to say about it.
   *
   * @default - which key it belongs to
   */
  readonly description?: string;
}

/**
 * An output that is always sensitive: Terraform shows `<sensitive>` in plans, logs and listings, until somebody asks for it by
 * name with `terraform output -raw NAME`. It is in the state, as the key itself is: guard the state.
 */
export class SecretOutput extends TerraformOutput {
  constructor(scope: Construct, id: string, props: SecretOutputProps) {
    const { key, name, description } = props;
    const isEncrypted = key.secretForm === "encrypted";
    super(scope, id, {
      value: isEncrypted ? key.encryptedSecret : key.secret,
      sensitive: true,
      description: verbatim(
        description ?? `${isEncrypted ? "Encrypted secret" : "Secret"} of API key ${key.node.path}`,
      ),
    });
    if (key.secretForm === "own") {
      reportFaults(this, "key", [
        `${key.node.path} has ownSecret, which is stored nowhere: there is nothing to put out; use the secret where it comes from`,
      ]);
    }
    if (TerraformStack.of(key) !== TerraformStack.of(this)) {
      reportWarnings(this, "key", [
        `${key.node.path} is in another stack, so that its secret is kept in the states of both; put it out in its own stack`,
      ]);
    }
    atSynthesis(this, () => reportFaults(this, "key", manyKeysProblem(key)));
    if (name !== undefined) {
      this.#take(name);
    }
  }

  /** Two outputs of one name would silently become one. */
  #take(name: string): void {
    const outputs = TerraformStack.of(this).node.findAll().filter(TerraformOutput.isTerraformOutput);
    const other = outputs.find((output) => output !== this && output.friendlyUniqueId === name);
    if (other !== undefined) {
      throw new Error(
        `${this.node.path}: name: ${JSON.stringify(name)} is taken by the output ${other.node.path}; choose another name`,
      );
    }
    this.overrideLogicalId(name);
  }
}
