import { App, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { Addresses, ApiKey, ApiKeyUser, Expiry, KeywardProvider } from "keyward/cdktf";

/** What differs between one place that this stack is deployed to and another. */
interface CiDeployKeyProps {
  /** Where the pipeline's runners call from. */
  readonly runners: readonly string[];
  /** When the key ends (RFC 3339). */
  readonly expiresAt: string;
}

/** A user for a pipeline, with one key that works from its runners alone and ends on a day that everybody can read. */
class CiDeployKey extends TerraformStack {
  constructor(scope: Construct, id: string, props: CiDeployKeyProps) {
    super(scope, id);
    // Endpoint and credentials come from KEYWARD_ENDPOINT and KEYWARD_TOKEN, so that no secret is synthesised.
    new KeywardProvider(this, "Keyward");
    const user = new ApiKeyUser(this, "Ci", { name: "ci-deploy", type: "api" });
    const key = new ApiKey(this, "Deploy", {
      user,
      name: "deploy",
      description: "Deploys from the pipeline",
      expiry: Expiry.at(props.expiresAt),
      addresses: Addresses.allow(props.runners),
    });
    key.outputSecret("deploy_secret");
  }
}

const app = new App();
new CiDeployKey(app, "ci-deploy-key", {
  runners: (process.env["RUNNERS"] ?? "127.0.0.1,::1").split(","),
  expiresAt: process.env["EXPIRES_AT"] ?? "2036-01-01T00:00:00Z",
});
app.synth();
