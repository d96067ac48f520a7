import { App, Aspects, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import {
  Addresses,
  ApiKey,
  ApiKeyUser,
  days,
  Expiry,
  Group,
  hours,
  KeyPolicy,
  KeywardProvider,
  Rotation,
} from "keyward/cdktf";

/** Who is in the team, and where each works from. */
const team = {
  ann: ["192.0.2.0/24", "2001:db8:1::/48"],
  bob: ["198.51.100.7"],
  carol: ["203.0.113.0/26"],
} as const;

/** A key for each person of a team, all of whom may see the machines, through a group. */
class TeamKeys extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new KeywardProvider(this, "Keyward");
    const operators = new Group(this, "Operators", { name: "operators", description: "Look after machines" });
    operators.grantRead("vms");
    for (const [name, addresses] of Object.entries(team)) {
      const person = new ApiKeyUser(this, name, { name });
      operators.addMember(person);
      const key = new ApiKey(person, "Key", {
        user: person,
        name: "laptop",
        expiry: Expiry.after(days(90)),
        rotation: Rotation.every(days(60), { overlap: hours(48) }),
        addresses: Addresses.allow(addresses),
      });
      key.outputSecret(`${name}_secret`);
    }
  }
}

const app = new App();
new TeamKeys(app, "team-keys");
// A key that somebody adds later without an end, an allow list or a rotation does not get past the synthesis.
Aspects.of(app).add(new KeyPolicy({ maxLifetime: days(90), requireAllowList: true, requireRotation: true }));
app.synth();
