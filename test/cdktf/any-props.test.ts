import { App, TerraformStack, Testing } from "cdktf";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  Addresses,
  ApiKey,
  type ApiKeyProps,
  ApiKeyUser,
  Duration,
  days,
  Expiry,
  Group,
  hours,
  KeywardProvider,
  minutes,
  Rotation,
  seconds,
  weeks,
} from "../../cdktf/index.ts";
import { findTerraformClients, TerraformDirectory } from "../terraform-cli.ts";
import { newStack, synthesise } from "./synthesised.ts";

/** Words as people write them: any characters but those that a server refuses in a name. */
const name = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .filter((text) => text.trim() !== "" && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text) && !/[$%]\{/.test(text));
const unit = fc.constantFrom(seconds, minutes, hours, days, weeks);
const duration = fc.tuple(unit, fc.integer({ min: 1, max: 50 })).map(([of, count]) => of(count));
const octet = fc.integer({ min: 1, max: 254 });
const address = fc.oneof(
  fc.tuple(octet, octet, octet, octet).map((octets) => octets.join(".")),
  fc.tuple(octet, octet).map(([one, other]) => `${one}.${other}.0.0/16`),
  fc.integer({ min: 1, max: 0xffff }).map((group) => `2001:db8:${group.toString(16)}::/48`),
);
const list = fc.uniqueArray(address, { minLength: 1, maxLength: 5 });
const expiry = fc.oneof(
  duration.map((length) => Expiry.after(length)),
  fc
    .date({ min: new Date("2030-01-01"), max: new Date("2999-01-01"), noInvalidDate: true })
    .map((date) => Expiry.at(date)),
  fc.constant(Expiry.never()),
);
const addresses = fc.oneof(
  list.map((entries) => Addresses.allow(entries)),
  list.map((entries) => Addresses.deny(entries)),
  fc.tuple(list, list).map(([allow, deny]) => Addresses.lists({ allow, deny })),
  fc.constant(Addresses.anywhere()),
);
const rotation = fc.oneof(
  fc
    .integer({ min: 1, max: 400 })
    .map((age) => Rotation.every(days(age), { overlap: Duration.parse("23h59m") })),
  duration.map((overlap) => Rotation.onChange({ overlap })),
);
const props: fc.Arbitrary<ApiKeyProps> = fc.record(
  { user: fc.constant("1"), name, expiry, description: name, addresses, rotation },
  { requiredKeys: ["user", "name", "expiry"] },
);

const validProps = fc.sample(props, { numRuns: 150, seed: 5 });

describe("any valid properties", () => {
  test("synthesise without an error", () => {
    fc.assert(
      fc.property(props, (given) => {
        const stack = newStack();
        new ApiKey(stack, "Key", given);
        const complaints = synthesise(stack).filter((line) => !line.includes("allow"));
        expect(complaints).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  describe.each(findTerraformClients())("with $name", (client) => {
    let directory: TerraformDirectory;
    beforeAll(() => {
      directory = new TerraformDirectory(client, {}, { mirrors: [`${process.cwd()}/dist/mirror`] });
    });
    afterAll(() => directory.remove());

    test("are taken by the provider", async () => {
      const stack = new TerraformStack(new App(), "many");
      new KeywardProvider(stack, "Keyward");
      const group = new Group(stack, "Group", { name: "group" });
      for (const [place, given] of validProps.entries()) {
        const user = new ApiKeyUser(stack, `User${place}`, { name: `user-${place}` });
        user.grantRead("vms", { row: String(place + 1) });
        group.addMember(user);
        new ApiKey(stack, `Key${place}`, { ...given, user }).outputSecret(`secret_${place}`);
      }
      directory.write(Testing.synth(stack), "cdk.tf.json");
      await directory.succeed("init", "-input=false");
      const validated: unknown = JSON.parse(await directory.succeed("validate", "-json"));
      expect(validated).toMatchObject({ valid: true, error_count: 0 });
    });
  });
});
