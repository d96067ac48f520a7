import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { adminPassword } from "../server/test-server.ts";
import { ConsoleVisitor, cookieOf, newKey, textOf } from "./console-visitor.ts";

let visitor: ConsoleVisitor;
let startedMs: number;

beforeAll(async () => {
  visitor = await ConsoleVisitor.start();
  startedMs = visitor.server.nowMs;
});
afterEach(() => {
  visitor.server.nowMs = startedMs;
});
afterAll(() => visitor.stop());

const signIn = () => visitor.signIn("admin", adminPassword);

test("a page that is not there has the headers of one that is, and keeps the way to the others", async () => {
  const there = await visitor.visit("/users");
  for (const path of ["/nowhere", "/users/999999", "/users/1/nowhere"]) {
    const response = await visitor.visit(path, { headers: { Accept: "text/html" } });
    expect(response.status, path).toBe(404);
    for (const name of [
      "Content-Security-Policy",
      "X-Frame-Options",
      "Cache-Control",
      "X-Content-Type-Options",
    ]) {
      expect(response.headers.get(name), `${name} of ${path}`).toBe(there.headers.get(name));
    }
    expect(await response.text()).toContain('aria-label="Main"');
    const stranger = await visitor.read(path, { as: "", headers: { Accept: "text/html" } });
    expect(stranger).not.toContain('aria-label="Main"');
  }
});

test("a time in the address that is none narrows nothing, and is said where it stands", async () => {
  const page = await visitor.read("/logs?from=2026&search=created");
  expect(textOf(page, "from-fault")).toBe('"2026" is no day and time, such as 2027-01-31T12:00.');
  expect(page).toContain("created API key");
});

test("a page beyond the last says so, and not that there is nothing", async () => {
  const page = await visitor.read("/users/1/api-keys?page=9");
  expect(page).toContain("nothing is on page 9");
  expect(page).not.toContain("No API keys yet");
});

test("a HEAD without a session is sent to sign in, like a GET", async () => {
  const response = await visitor.visit("/users", { as: "", method: "HEAD" });
  expect(response.status).toBe(303);
  expect(response.headers.get("Location")).toBe("/login?next=%2Fusers");
});

test("signing out after the session has ended is signing out", async () => {
  const cookie = await signIn();
  visitor.server.nowMs += 86_401_000;
  const answer = await visitor.submit("/logout", {}, { as: cookie });
  expect([answer.status, answer.headers.get("Location")]).toEqual([303, "/login?done=signed-out"]);
});

test("choosing light or dark while signing in forgets neither where to go nor what was filled in", async () => {
  const page = await visitor.read("/login?next=%2Fusers%3Fsearch%3Dada", { as: "" });
  expect(page).toContain('name="next" value="/login?next=%2Fusers%3Fsearch%3Dada"');
  const asked = await (await visitor.submit("/users/1/api-keys/new", newKey("carried"), { as: "" })).text();
  const form = asked.slice(asked.indexOf('action="/theme"'));
  const field = (name: string) =>
    new RegExp(`name="${name}" value="([^"]*)"`).exec(form)?.[1]?.replaceAll("&amp;", "&") ?? "";
  const chosen = await visitor.submit(
    "/theme",
    { theme: "dark", next: field("next"), carried: field("carried") },
    { as: "" },
  );
  expect(cookieOf(chosen)).toBe("keyward-theme=dark");
  const again = await chosen.text();
  expect(again).toContain('data-theme="dark"');
  expect(again).toContain('name="next" value="/users/1/api-keys/new"');
  expect(again).toContain('name="carried" value="name=carried&amp;expires_type=never"');
});

test("a session ends after a day without a request, and not while there are some", async () => {
  const [used, idle] = [await signIn(), await signIn()];
  const lives = async (as: string) => (await visitor.visit("/users", { as })).status === 200;
  visitor.server.nowMs += 80_000_000;
  expect(await lives(used)).toBe(true);
  visitor.server.nowMs += 7_000_000;
  expect([await lives(used), await lives(idle)]).toEqual([true, false]);
});

test("a session ends three days after the sign-in, however much it is used", async () => {
  const cookie = await signIn();
  const statuses: number[] = [];
  for (let day = 1; day <= 4; day += 1) {
    visitor.server.nowMs += 80_000_000;
    statuses.push((await visitor.visit("/users", { as: cookie })).status);
  }
  expect(statuses).toEqual([200, 200, 200, 303]);
  const answer = await visitor.visit("/users", { as: cookie });
  expect(answer.headers.get("Location")).toBe("/login?next=%2Fusers&ended=yes");
});

test("the user made at installation is not disabled, and that is said in words for people", async () => {
  expect(await visitor.read("/users/1/disable")).toContain("Nothing is deleted");
  const answer = await visitor.submit("/users/1", { do: "disable" });
  expect(answer.status).toBe(422);
  const page = await answer.text();
  expect(page).toContain("<title>Error: ");
  expect(page).toContain("cannot be disabled, so that somebody can always sign in");
});

test("whoever signs in over plain HTTP from elsewhere is told who can read along", async () => {
  expect(await visitor.read("http://keys.example.org/login", { as: "" })).toContain("not encrypted");
  expect(await visitor.read("http://localhost/login", { as: "" })).not.toContain("not encrypted");
});

test("a second user is answered for the keys of the first as for keys that are not there", async () => {
  const owner = await visitor.server.createUser({ name: "owner" });
  const { key } = await visitor.server.createApiKey({
    user: owner,
    name: "hidden",
    description: "not for eve",
  });
  await visitor.server.createUser({ name: "eve", password: "a password of eve" });
  const as = await visitor.signIn("eve", "a password of eve");
  const rotation = { do: "rotate", once: "console-test-of-eve-0", overlap: "0", expires_type: "never" };
  const requests: readonly [path: (key: number) => string, fields?: Record<string, string>][] = [
    [(n) => `/api-keys/${n}`],
    [(n) => `/api-keys/${n}/edit`],
    [(n) => `/api-keys/${n}/rotate`],
    [(n) => `/api-keys/delete?key=${n}`],
    [(n) => `/api-keys/${n}/edit`, newKey("eves")],
    [(n) => `/api-keys/${n}/rotate`, rotation],
  ];
  for (const [path, fields] of requests) {
    const send = async (n: number) =>
      fields === undefined ? visitor.visit(path(n), { as }) : visitor.submit(path(n), fields, { as });
    const [foreign, missing] = [await send(key), await send(999_999)];
    expect([foreign.status, missing.status], path(key)).toEqual([404, 404]);
    const anonymous = (page: string) => page.replaceAll(/\b(\d{1,3}|999999)\b/g, "N");
    expect(anonymous(await foreign.text())).toBe(anonymous(await missing.text()));
  }
  const deleted = await visitor.submit("/api-keys/delete", { do: "delete", key: String(key) }, { as });
  expect(deleted.status).toBe(404);
  const made = await visitor.submit(`/users/${owner}/api-keys/new`, newKey("eves"), { as });
  expect(made.status).toBe(422);
  expect(await made.text()).toContain("You may not modify this user");
  for (const path of ["/api-keys", `/users/${owner}/api-keys`, "/logs"]) {
    const page = await visitor.visit(path, { as });
    expect(page.status, path).toBe(200);
    expect(await page.text(), path).not.toMatch(/hidden<|not for eve/);
  }
  expect(await visitor.server.list(`/api/v4/user_api_keys?filter=user eq ${owner}`)).toMatchObject([
    { name: "hidden" },
  ]);
});
