import { App, TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { Addresses, ApiKey, ApiKeyUser, days, Expiry, KeywardProvider } from "keyward/cdktf";

/** What differs between one place that this stack is deployed to and another. */
interface GatewayProps {
  /** Where callers come from, as the gateway sees them. */
  readonly callers: readonly string[];
}

/** A user who may read machines, with one key for whoever calls through the gateway. */
class Gateway extends TerraformStack {
  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id);
    new KeywardProvider(this, "Keyward");
    const user = new ApiKeyUser(this, "Caller", { name: "gateway-caller", type: "api" });
    // The gateway asks for this right at /vms/, and for none elsewhere.
    user.grantRead("vms");
    const key = new ApiKey(this, "Key", {
      user,
      name: "gateway",
      description: "Calls the application behind the gateway",
      expiry: Expiry.after(days(90)),
      addresses: Addresses.allow(props.callers),
    });
    key.outputSecret("caller_secret");
    const userName = new TerraformOutput(this, "UserName", {
      value: user.resource.name,
      description: "What the application sees in X-Keyward-User",
    });
    userName.overrideLogicalId("user_name");
  }
}

const app = new App();
new Gateway(app, "gateway", { callers: (process.env["CALLERS"] ?? "127.0.0.1,::1").split(",") });
app.synth();
