import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { permissionRow } from "../../contract/permissions.ts";
import { databasesUnderTest } from "../databases.ts";
import { TestServer } from "./test-server.ts";

const users = "/api/v4/users";
const permissions = "/api/v4/permissions";

describe("permissions", () => {
  let server: TestServer;

  beforeAll(async () => {
    const [first] = databasesUnderTest();
    server = await TestServer.start(await (first ?? expect.fail()).open());
  });
  afterAll(() => server.stop());

  test("say whom and what they are for, with identity a string that numbers find", async () => {
    const user = await server.createUser({ name: "reader" });
    const [row] = await server.list(`${users}?filter=$key eq ${user}`);
    const identity = Number(row?.["identity"]);
    const key = await server.create(permissions, {
      identity: String(identity),
      table: "groups",
      row: "1",
      read: true,
    });
    const granted = z
      .strictObject(permissionRow.shape)
      .parse((await server.request(`${permissions}/${key}`)).json);
    expect(granted).toEqual({
      $key: key,
      identity: String(identity),
      identity_display: "reader",
      table: "groups",
      row: 1,
      rowdisplay: "Administrators (default)",
      list: true,
      read: true,
      create: false,
      modify: false,
      delete: false,
    });
    for (const filter of [`identity eq ${identity}`, `identity eq '${identity}'`]) {
      expect(await server.list(`${permissions}?filter=${filter} and table eq 'groups'`)).toHaveLength(1);
    }
    const display = await server.list(
      `${permissions}?fields=identity%23owner%23$display as who&filter=$key eq ${key}`,
    );
    expect(display).toEqual([{ who: "reader" }]);
  });

  test.each([
    [
      "an identity that is nobody's",
      { identity: 9999 },
      422,
      /^identity: there is no user or group with identity 9999$/,
    ],
    ["no table", { table: "" }, 422, /^table: must be the name of a table, or "\/" for everything$/],
    ["a row that is none", { row: -1 }, 422, /^row: must be the \$key of a row, or 0 for the whole table$/],
    ["a right nobody knows", { write: true }, 422, /^write: is not a field that can be set here$/],
    [
      "what is granted already",
      { table: "/", row: 0, identity: 2 },
      409,
      /^row: the identity has a permission/,
    ],
  ])("for %s are refused", async (_, fields, status, message) => {
    const body = { identity: 1, table: "vms", ...fields };
    const refused = await server.refusal(permissions, { method: "POST", body });
    expect(refused.status).toBe(status);
    expect(refused.err).toMatch(message);
  });

  test("keep what they are for; only the five rights change", async () => {
    const key = await server.grant(1, "vms", 0, "list");
    for (const body of [{ table: "vnets" }, { row: 4 }, { identity: 2 }]) {
      expect((await server.refusal(`${permissions}/${key}`, { method: "PUT", body })).err).toMatch(
        /cannot change/,
      );
    }
    expect((await server.put(`${permissions}/${key}`, { list: false, modify: true })).json).toMatchObject({
      list: false,
      modify: true,
    });
  });
});
