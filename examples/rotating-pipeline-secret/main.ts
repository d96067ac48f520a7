import { App, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import {
  ApiKey,
  ApiKeyUser,
  Duration,
  Expiry,
  githubActionsSecret,
  KeywardProvider,
  PipelineSecret,
  Rotation,
} from "keyward/cdktf";

/** How long the key is used, and how long its predecessor stays beside it. */
interface RotatingPipelineSecretProps {
  readonly every: Duration;
  readonly overlap: Duration;
}

/** A pipeline's key that gets a new secret by age, which the pipeline gets in the same apply, while the old one still works. */
class RotatingPipelineSecret extends TerraformStack {
  constructor(scope: Construct, id: string, props: RotatingPipelineSecretProps) {
    super(scope, id);
    new KeywardProvider(this, "Keyward");
    const user = new ApiKeyUser(this, "Ci", { name: "ci-website", type: "api" });
    user.grantRead("vms");
    const key = new ApiKey(this, "Deploy", {
      user,
      name: "deploy",
      expiry: Expiry.never(),
      rotation: Rotation.every(props.every, { overlap: props.overlap }),
    });
    new PipelineSecret(this, "Handover", {
      key,
      target: githubActionsSecret({ repository: "acme/website", name: "DEPLOY_KEY" }),
    });
    key.outputSecret("deploy_secret");
  }
}

const app = new App();
new RotatingPipelineSecret(app, "rotating-pipeline-secret", {
  every: Duration.parse(process.env["ROTATE_EVERY"] ?? "30d"),
  overlap: Duration.parse(process.env["OVERLAP"] ?? "48h"),
});
app.synth();
