import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConsoleVisitor, newKey, textOf } from "./console-visitor.ts";

let visitor: ConsoleVisitor;

beforeAll(async () => {
  visitor = await ConsoleVisitor.start();
});
afterAll(() => visitor.stop());

const keysNamed = (name: string) => visitor.server.list(`/api/v4/user_api_keys?filter=name eq '${name}'`);
const entry = (list: "allow" | "deny", place: number, address: string) => ({
  [`${list}.${place}.address`]: address,
  [`${list}.${place}.enabled`]: "on",
});

describe("the form of a key", () => {
  test("saves with its own button alone: what Enter sends without a script shows it again", async () => {
    const typed = {
      ...newKey("entered"),
      ...entry("allow", 0, "192.0.2.0/24"),
      try: "192.0.2.7",
      do: "look",
    };
    const answer = await visitor.submit("/users/1/api-keys/new", typed);
    expect(answer.status).toBe(200);
    const page = await answer.text();
    expect(page).toContain("Nothing has been saved yet");
    expect(page).toContain(">Passes<");
    const [first = ""] =
      /<(?:button|input)[^>]*type="submit"[^>]*>/.exec(page.slice(page.indexOf("data-whole"))) ?? [];
    expect(first, "the first button of a form is the one that Enter presses").toContain('value="look"');
    expect(await keysNamed("entered")).toEqual([]);
  });

  test("says everything that is wrong at once, each with the way to its field, and in the page's title", async () => {
    await visitor.server.createApiKey({ user: 1, name: "taken" });
    const answer = await visitor.submit("/users/1/api-keys/new", {
      ...newKey("taken"),
      expires_type: "date",
      expires_at: "2020-01-01T00:00",
      ...entry("allow", 3, "10.0.0.1/8"),
    });
    expect(answer.status).toBe(422);
    const page = await answer.text();
    expect(page).toContain("<title>Error: New API key");
    expect(page).toMatch(/id="faults"[^>]*tabindex="-1" autofocus/);
    for (const [id, message] of [
      ["name", 'This user has a key named "taken" already; choose another name.'],
      ["expires_at", "This time has passed; choose a later one, or let the key never expire."],
      ["allow-3", '"10.0.0.1/8" has host bits set'],
    ] as const) {
      expect(page).toContain(`href="#${id}"`);
      expect(page).toMatch(
        new RegExp(`id="${id}"[^>]*aria-describedby="${id}-fault[^>]*aria-invalid="true"`),
      );
      expect(textOf(page, `${id}-fault`)).toContain(message);
    }
    expect(page).not.toContain("epoch");
  });

  test("takes what is pasted as people keep it: lines, blanks, commas and comments", async () => {
    const pasted = "10.0.0.1 # office, first floor\n#192.0.2.9\n192.0.2.0/24;2001:db8::/32, 10.0.0.2#home";
    const answer = await visitor.submit("/users/1/api-keys/new", { do: "paste-deny", "deny.paste": pasted });
    const found = [...(await answer.text()).matchAll(/name="deny\.(\d)\.address" value="([^"]*)"/g)];
    expect(found.map(([, place, address]) => [place, address])).toEqual([
      ["0", "10.0.0.1"],
      ["1", "192.0.2.0/24"],
      ["2", "2001:db8::/32"],
      ["3", "10.0.0.2"],
    ]);
  });

  test("keeps the place of each row when another is removed, so that nothing is put into the wrong one", async () => {
    const rows = {
      ...entry("allow", 0, "192.0.2.1"),
      ...entry("allow", 1, "192.0.2.2"),
      ...entry("allow", 2, ""),
    };
    const answer = await visitor.submit("/users/1/api-keys/new", { do: "remove-allow-0", ...rows });
    const page = await answer.text();
    expect(
      [...page.matchAll(/name="allow\.(\d)\.address" value="([^"]*)"/g)].map(([, ...found]) => found),
    ).toEqual([
      ["1", "192.0.2.2"],
      ["2", ""],
    ]);
  });

  test("says how many entries it could not show again", async () => {
    const pasted = Array.from({ length: 1003 }, (_, index) => `10.0.${index >> 8}.${index & 255}`).join("\n");
    for (const action of ["paste-allow", "save"]) {
      const fields = { ...newKey("many"), do: action, "allow.paste": pasted };
      const page = await (await visitor.submit("/users/1/api-keys/new", fields)).text();
      expect(textOf(page, "allow-fault")).toBe(
        "Has 1003 entries, of which only the first 1000 are here; must have at most 256.",
      );
    }
    expect(await keysNamed("many")).toEqual([]);
  });

  test("leaves alone what was not changed: an expired key gets another description, and nothing else", async () => {
    const expires = visitor.server.nowSeconds + 60;
    const { key } = await visitor.server.createApiKey({ user: 1, name: "over", expires });
    visitor.server.nowMs += 3_600_000;
    const form = await visitor.read(`/api-keys/${key}/edit`);
    const [, at = ""] = /name="expires_at" value="([^"]*)"/.exec(form) ?? [];
    const [, version = ""] = /name="version" value="([^"]*)"/.exec(form) ?? [];
    const save = (fields: Record<string, string>) =>
      visitor.submit(`/api-keys/${key}/edit`, {
        do: "save",
        name: "over",
        description: "kept for the record",
        expires_type: "date",
        expires_at: at,
        version: version.replaceAll("&quot;", '"'),
        ...fields,
      });
    const refused = await save({ expires_at: at.replace("2026", "2025") });
    expect(refused.status).toBe(422);
    expect(await refused.text()).toContain("This time has passed");
    expect((await save({})).headers.get("Location")).toBe(`/api-keys/${key}?done=saved`);
    expect(await keysNamed("over")).toMatchObject([{ description: "kept for the record", expires }]);
  });

  test("of a rotation ends no secret at once unless that was chosen", async () => {
    const { key, secret } = await visitor.server.createApiKey({ user: 1, name: "turned" });
    const fields = { do: "rotate", once: "console-test-of-rotation", expires_type: "never" };
    for (const overlap of [undefined, "", "soon", "-1"]) {
      const answer = await visitor.submit(`/api-keys/${key}/rotate`, {
        ...fields,
        ...(overlap === undefined ? {} : { overlap }),
      });
      expect(answer.status, overlap).toBe(422);
      expect(textOf(await answer.text(), "overlap-fault")).toBe("Choose how long.");
    }
    expect(await keysNamed("turned")).toHaveLength(1);
    const rotated = await visitor.submit(`/api-keys/${key}/rotate`, { ...fields, overlap: "3600" });
    const page = await rotated.text();
    expect(page).toContain("API key rotated");
    expect(page).toMatch(new RegExp(`It works on, as <a href="/api-keys/${key}"`));
    expect(page).not.toContain(secret);
  });
});

describe("deleting several keys", () => {
  const make = async (name: string) => (await visitor.server.createApiKey({ user: 1, name })).key;
  const from = "/users/1/api-keys?search=de&sort=-name&page=1";

  test("goes on past one that is gone, says so, and leads back to the list as it was", async () => {
    const [first, second] = [await make("deleted one"), await make("deleted two")];
    await visitor.server.delete(`/api/v4/user_api_keys/${first}`);
    const asked = await visitor.read(
      `/api-keys/delete?key=${first}&key=${second}&from=${encodeURIComponent(from)}`,
    );
    expect(asked).toContain("One of them is gone already.");
    const fields = new URLSearchParams({ do: "delete", from });
    fields.append("key", String(first));
    fields.append("key", String(second));
    const answer = await visitor.submit("/api-keys/delete", fields);
    const back = answer.headers.get("Location") ?? "";
    expect(back).toBe(`${from}&done=deleted&count=1&gone=1`);
    expect(await visitor.read(back)).toContain("Deleted 1; 1 was gone already.");
    expect(await keysNamed("deleted two")).toEqual([]);
  });

  test("of which none is there is an address of nothing", async () => {
    expect((await visitor.visit("/api-keys/delete?key=999998&key=999999")).status).toBe(404);
    expect((await visitor.submit("/api-keys/delete", { do: "delete", key: "999999" })).status).toBe(404);
  });

  test("leads to no other site, whatever the form says", async () => {
    const key = await make("led away");
    const answer = await visitor.submit("/api-keys/delete", {
      do: "delete",
      key: String(key),
      from: "//evil.example/",
    });
    expect(answer.headers.get("Location")).toMatch(/^\/users\/1\/api-keys\?done=deleted/);
  });
});
