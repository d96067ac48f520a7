/** States that older providers stored, as they stored them, and what this one makes of them. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { defineProvider, resourcesOf } from "../../provider/plugin/resource.ts";
import { schema, string } from "../../provider/plugin/schema.ts";
import type { Upgrades } from "../../provider/plugin/upgrade.ts";
import { decodeObject, type ObjectValue } from "../../provider/plugin/values.ts";
import { ProviderInProcess } from "./provider-in-process.ts";

const folder = `${import.meta.dirname}/states`;

async function upgraded(provider: ProviderInProcess, typeName: string, version: number, json: Buffer) {
  const rawState = { json, flatmap: {} };
  const answer = await provider.call("UpgradeResourceState", { typeName, version, rawState });
  expect(answer.diagnostics).toEqual([]);
  return decodeObject(provider.schemaOf(typeName).attributes, answer.upgradedState);
}

describe("a recorded state", () => {
  const provider = new ProviderInProcess();

  /** By the file that was recorded: all that the state is today. */
  const expected: Readonly<Record<string, ObjectValue>> = {
    "keyward_api_key.v0.json": {
      id: "42",
      user: "7",
      name: "ci",
      description: "deploys",
      expires_at: "2027-06-01T02:00:00+02:00",
      expires_in: null,
      ip_allow_list: ["2001:DB8::/32", "192.0.2.7"],
      ip_deny_list: null,
      rotation: null,
      recipients: null,
      secret_wo: null,
      secret_wo_version: null,
      secret: "kw_0123456789AB_recorded",
      encrypted_secret: null,
      status: "active",
      created_at: "2026-11-20T08:15:30Z",
      last_login_at: "2026-11-22T23:59:59Z",
      last_login_ip: "192.0.2.7",
      rotation_due: false,
      previous_id: null,
      previous_expires_at: null,
    },
  };

  test.each(Object.entries(expected))("%s is read in today's form", async (file, state) => {
    const [typeName = "", version = ""] = file.split(/\.v|\./);
    const json = readFileSync(`${folder}/${file}`);
    expect(await upgraded(provider, typeName, Number(version), json)).toEqual(state);
  });

  test("is there for every version but today's", () => {
    const needed = provider.provider.resources.flatMap(({ typeName, schema: { version } }) =>
      Array.from({ length: version }, (_, older) => `${typeName}.v${older}.json`),
    );
    expect(needed.length).toBeGreaterThan(0);
    expect(readdirSync(folder).sort()).toEqual(needed.sort());
    expect(Object.keys(expected).sort()).toEqual(needed.sort());
  });
});

describe("a chain of upgrades", () => {
  const steps: number[] = [];
  const step =
    (from: number, change: Upgrades[number]): Upgrades[number] =>
    (state) => {
      steps.push(from);
      return change(state);
    };
  const provider = new ProviderInProcess(
    defineProvider({
      schema: schema({ version: 0, description: "Test.", attributes: {} }),
      configure: () => null,
      resources: [
        resourcesOf<null>()({
          typeName: "test_thing",
          schema: schema({
            version: 3,
            description: "A thing.",
            attributes: {
              title: string({ required: true, description: "Title." }),
              length: string({ optional: true, description: "Length." }),
            },
          }),
          upgrade: {
            0: step(0, ({ name = null, ...rest }) => ({ ...rest, label: name })),
            1: step(1, ({ label = null, ...rest }) => ({ ...rest, title: label })),
            2: step(2, ({ hours, ...rest }) => ({ ...rest, length: hours === null ? null : `${hours}h` })),
          },
          read: async ({ state }) => state,
          create: async ({ plan }) => plan,
          delete: async () => undefined,
        }),
      ],
    }),
  );

  test.each<[version: number, stored: string, length: string | null, taken: readonly number[]]>([
    [0, '{"name":"a","hours":12345678901234567890}', "12345678901234567890h", [0, 1, 2]],
    [1, '{"label":"a","hours":5}', "5h", [1, 2]],
    [2, '{"title":"a","hours":null}', null, [2]],
    [3, '{"title":"a","length":"5h"}', "5h", []],
  ])("from version %i goes through every version between", async (version, stored, length, taken) => {
    steps.length = 0;
    const state = await upgraded(provider, "test_thing", version, Buffer.from(stored));
    expect(state).toEqual({ title: "a", length });
    expect(steps).toEqual(taken);
  });
});
