import {
  Addresses,
  ApiKey,
  ApiKeyUser,
  command,
  Duration,
  days,
  Expiry,
  Grant,
  Group,
  githubActionsSecret,
  KeyPolicy,
  PipelineSecret,
  Rotation,
  SecretOutput,
} from "../../cdktf/index.ts";
import { newStack } from "./synthesised.ts";

/**
 * What must not compile. Nothing of it is ever called: the compiler checks it (`npm run check`), and fails where a line that
 * must be an error is none.
 */
export function misuse(): void {
  const stack = newStack();
  const user = new ApiKeyUser(stack, "User", { name: "user" });
  const group = new Group(stack, "Group", { name: "group" });
  const good = { user, name: "key", expiry: Expiry.never() };
  const key = new ApiKey(stack, "Key", good);

  // @ts-expect-error: the user is missing
  new ApiKey(stack, "Key", { name: "key", expiry: Expiry.never() });
  // @ts-expect-error: a key has to say when it ends
  new ApiKey(stack, "Key", { user, name: "key" });
  // @ts-expect-error: an expiry is made by Expiry, so that it is never two things at once
  new ApiKey(stack, "Key", { ...good, expiry: { never: true, time: "2030-01-01T00:00:00Z" } });
  // @ts-expect-error: never ends nothing that could be dated
  Expiry.never().at("2030-01-01T00:00:00Z");
  // @ts-expect-error: one kind of expiry, not two
  new ApiKey(stack, "Key", { ...good, expiry: [Expiry.never(), Expiry.at("2030-01-01T00:00:00Z")] });
  // @ts-expect-error: an expiry is made by its functions
  new Expiry("2030-01-01T00:00:00Z", undefined);
  // @ts-expect-error: a date is no length of time
  Expiry.after(new Date());
  // @ts-expect-error: a bare number has no unit
  Expiry.after(90);
  // @ts-expect-error: a length of time is no date
  Expiry.at(days(90));
  // @ts-expect-error: addresses are texts
  Addresses.allow([10, 8]);
  // @ts-expect-error: a list, not one text
  Addresses.allow("192.0.2.0/24");
  // @ts-expect-error: a bare list says neither allow nor deny
  new ApiKey(stack, "Key", { ...good, addresses: ["192.0.2.0/24"] });
  // @ts-expect-error: the id of a user is a text
  new ApiKey(stack, "Key", { ...good, user: 7 });
  // @ts-expect-error: a group has no keys
  new ApiKey(stack, "Key", { ...good, user: group });
  // @ts-expect-error: a rotation by age has to say its overlap
  Rotation.every(days(30));
  // @ts-expect-error: an overlap has a unit
  Rotation.every(days(30), { overlap: 48 });
  // @ts-expect-error: no such right
  user.grant("vms", { write: true });
  // @ts-expect-error: rights by name
  user.grant("vms", ["list"]);
  // @ts-expect-error: a grant has somebody
  new Grant(stack, "Grant", { table: "vms", rights: { list: true } });
  // @ts-expect-error: a key is no member
  group.addMember(key);
  // @ts-expect-error: a type of user is a text, which is checked at synthesis
  new ApiKeyUser(stack, "User", { name: "user", type: 1 });
  // @ts-expect-error: a policy counts in lengths of time
  new KeyPolicy({ maxLifetime: 90 });
  // @ts-expect-error: no such severity
  new KeyPolicy({ severity: "fatal" });
  // @ts-expect-error: whose secret
  new SecretOutput(stack, "Secret", { name: "secret" });
  // @ts-expect-error: the key, and not its secret, which the target would be given again at each apply
  new PipelineSecret(stack, "Handover", { key: key.secret, target: command("true") });
  // @ts-expect-error: a target is made by a function that knows how to be safe
  new PipelineSecret(stack, "Handover", { key, target: "gh secret set" });
  // @ts-expect-error: which repository
  githubActionsSecret({ name: "KEY" });
  // @ts-expect-error: a length of time is made by its functions
  new Duration("90d");
  const [time, duration, faults] = ["2030-01-01T00:00:00Z", days(90), []];
  // @ts-expect-error: an object of the same shape is no expiry
  new ApiKey(stack, "Key", { ...good, expiry: { time, duration, faults } });
  // @ts-expect-error: an object of the same shape is no list of addresses
  new ApiKey(stack, "Key", { ...good, addresses: { allowed: [], denied: [], faults, warnings: [] } });
  // @ts-expect-error: an object of the same shape is no rotation
  new ApiKey(stack, "Key", { ...good, rotation: { age: duration, overlap: duration, faults } });
  // @ts-expect-error: an object of the same shape is no length of time
  Expiry.after({ text: "90d", seconds: 7_776_000, faults, toString: () => "90d" });
  // @ts-expect-error: a token of a boolean, not a text
  new ApiKeyUser(stack, "User", { name: "user", enabled: "true" });
}
