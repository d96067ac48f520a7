import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { adminPassword, type TestServer } from "../server/test-server.ts";
import { ConsoleVisitor, newKey } from "./console-visitor.ts";

let visitor: ConsoleVisitor;
let server: TestServer;

beforeAll(async () => {
  visitor = await ConsoleVisitor.start();
  server = visitor.server;
});
afterAll(() => visitor.stop());

const visit: ConsoleVisitor["visit"] = (path, options) => visitor.visit(path, options);
const submit: ConsoleVisitor["submit"] = (path, fields, options) => visitor.submit(path, fields, options);

test("a page loads nothing from elsewhere, runs nothing inline, and is kept by nobody", async () => {
  const response = await visit("/users");
  expect(response.status).toBe(200);
  const policy = response.headers.get("Content-Security-Policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain("unsafe");
  expect(response.headers.get("Cache-Control")).toBe("no-store");
  expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(response.headers.get("Referrer-Policy")).toBe("same-origin");
  const page = await response.text();
  expect(page).not.toMatch(/<script(?![^>]*\ssrc="\/)|\sstyle="|\son\w+="|(?:src|href)="(?:https?:)?\/\//);
});

test("the script and the stylesheet are kept for good, under names that change with their content", async () => {
  const page = await (await visit("/users")).text();
  const paths = [...page.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)].map(
    ([, path]) => path ?? "",
  );
  expect(paths).toHaveLength(2);
  for (const path of paths) {
    const response = await visit(path, { as: "" });
    expect(response.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
    expect((await response.arrayBuffer()).byteLength).toBeLessThan(100_000);
  }
  expect((await visit("/console/assets/manifest.json")).status).toBe(404);
});

test.each([
  ["another site", { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" }],
  ["a sister domain", { "Sec-Fetch-Site": "same-site", Origin: "https://other.example.org" }],
  ["a browser that says nothing of it", {}],
])("a change that %s asks for is refused, signed in or not", async (_, headers: Record<string, string>) => {
  for (const as of [visitor.cookie, ""]) {
    for (const path of [
      "/users/1/api-keys/new",
      "/api-keys/delete",
      "/users/1",
      "/logout",
      "/login",
      "/theme",
    ]) {
      const response = await submit(path, newKey("forged"), { as, headers });
      expect(response.status, path).toBe(403);
    }
  }
  expect(await server.list("/api/v4/user_api_keys?filter=name eq 'forged'")).toEqual([]);
});

test.each([
  "//evil.example",
  "/\\evil.example",
  "https://evil.example",
  "/\t/evil.example",
  "javascript:alert(1)",
  "",
])("signing in goes to the start, not to %j", async (next) => {
  const response = await submit("/login", { login: "admin", password: adminPassword, next }, { as: "" });
  expect(response.status).toBe(303);
  expect(response.headers.get("Location")).toBe("/");
});

test("HTTP Basic and keys open no page, because browsers send the one by themselves", async () => {
  const { secret } = await server.createApiKey({ user: 1, name: "no page" });
  for (const Authorization of [`Bearer ${secret}`, `Basic ${btoa(`admin:${adminPassword}`)}`]) {
    const response = await visit("/users", { as: "", headers: { Authorization } });
    expect(response.status).toBe(303);
    expect(response.headers.get("Location")).toBe("/login?next=%2Fusers");
  }
});

test("a failure is a page for people and JSON for programs, and tells nobody more than its words", async () => {
  const page = await visit("/api-keys/999999");
  expect(page.status).toBe(404);
  expect(page.headers.get("Content-Type")).toContain("text/html");
  expect(await page.text()).not.toMatch(/at \w+ \(|\.ts:/);
  const browser = await visit("/nowhere", { headers: { Accept: "text/html,*/*" } });
  expect(browser.headers.get("Content-Type")).toContain("text/html");
  for (const path of ["/nowhere", "/api/v4/nowhere", "/auth/nowhere"]) {
    const program = await visit(path, { headers: { Accept: "*/*" } });
    expect(z.strictObject({ err: z.string() }).safeParse(await program.json()).success, path).toBe(true);
  }
});

test("a form sent twice makes one key, and its secret is shown with the first answer alone", async () => {
  const first = await submit("/users/1/api-keys/new", newKey("twice"));
  const [secret] = /kw_\w{12}_\w{49}/.exec(await first.text()) ?? [];
  expect(secret).toBeDefined();
  const again = await submit("/users/1/api-keys/new", newKey("twice"));
  expect(again.status).toBe(303);
  expect(again.headers.get("Location")).toMatch(/^\/api-keys\/\d+\?done=made-already$/);
  const shown = await (await visit(again.headers.get("Location") ?? "")).text();
  expect(shown).toContain("made its key already");
  expect(shown).not.toContain(secret);
  expect(await server.list("/api/v4/user_api_keys?filter=name eq 'twice'")).toHaveLength(1);
});

test("a secret that a page shows is not in the log", async () => {
  const answer = await (await submit("/users/1/api-keys/new", newKey("unlogged"))).text();
  const [secret = "none"] = /kw_\w{12}_\w{49}/.exec(answer) ?? [];
  expect(server.logLines.join("\n")).not.toContain(secret);
});

test("what is done in the console is in the audit trail, with the user and the address of the session", async () => {
  await submit("/users/1/api-keys/new", newKey("audited"));
  const [key] = await server.list("/api/v4/user_api_keys?filter=name eq 'audited'");
  await submit(`/api-keys/${key?.["$key"]}/rotate`, {
    do: "rotate",
    once: "console-test-rotate-1",
    overlap: "3600",
    expires_type: "never",
  });
  await submit("/api-keys/delete", { do: "delete", key: String(key?.["$key"]) });
  const lines = await server.list("/api/v4/logs?sort=-timestamp&limit=3");
  expect(lines.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^deleted API key/),
    expect.stringMatching(/^rotated API key/),
    expect.stringMatching(/^created API key .* named "audited": expires: /),
  ]);
  expect(lines.map(({ user, address }) => [user, address])).toEqual(Array(3).fill(["admin", "192.0.2.1"]));
});

test("a form may come back after a sign-in, but no password and nothing that would do it again", async () => {
  const fields = { ...newKey("interrupted"), password: "hunter22", secret: "kw_x" };
  const asked = await submit("/users/1/api-keys/new", fields, { as: "" });
  expect(asked.status).toBe(401);
  const carried = /name="carried" value="([^"]*)"/.exec(await asked.text())?.[1] ?? "";
  expect(carried.replaceAll("&amp;", "&")).toBe("name=interrupted&expires_type=never");
});

test("text of others is shown as text", async () => {
  await server.createApiKey({
    user: 1,
    name: "<img src=x onerror=alert(1)>",
    description: '"><script>alert(1)</script>',
  });
  const page = await (await visit("/users/1/api-keys?search=alert")).text();
  expect(page).toContain("&lt;img src=x");
  expect(page).not.toContain("<img");
  expect(page).not.toContain("<script>alert");
});

test("a search is for its text, whatever quotes, backslashes and wild cards are in it", async () => {
  await server.createApiKey({ user: 1, name: "it's 100% \\ {odd}" });
  for (const search of ["it's", "100%", "\\ {", "'", "\\"]) {
    const page = await (await visit(`/users/1/api-keys?search=${encodeURIComponent(search)}`)).text();
    expect(page, search).toContain("100% \\ {odd}");
  }
  expect(await (await visit("/users/1/api-keys?search=%25")).text()).not.toContain("twice");
});

test("the script and the stylesheet travel compressed to whoever takes that, each with a tag of its own", async () => {
  const [, path = ""] = /src="(\/console\/assets\/[^"]+)"/.exec(await (await visit("/users")).text()) ?? [];
  const tags = new Set<string | null>();
  const sizes: number[] = [];
  for (const accepted of ["gzip, br;q=0", "gzip, deflate, br, zstd", "identity"]) {
    const response = await visit(path, { as: "", headers: { "Accept-Encoding": accepted } });
    expect(response.headers.get("Vary")).toBe("Accept-Encoding");
    tags.add(response.headers.get("ETag"));
    const sent = Buffer.from(await response.arrayBuffer());
    sizes.push(sent.length);
    const read = { br: brotliDecompressSync, gzip: gunzipSync, plain: (content: Buffer) => content };
    const encoding = z
      .enum(["br", "gzip", "plain"])
      .parse(response.headers.get("Content-Encoding") ?? "plain");
    expect(read[encoding](sent).toString()).toContain("showModal");
  }
  expect(tags.size).toBe(3);
  const [gzip = 0, br = 0, plain = 0] = sizes;
  expect(br).toBeLessThan(4000);
  expect(gzip).toBeLessThan(plain / 2);
});

test("names of others stand apart from our words, in whichever direction they are written", async () => {
  const name = "\u05de\u05e4\u05ea\u05d7 (1)";
  const { key } = await server.createApiKey({ user: 1, name, description: "\u202eturned" });
  for (const path of [`/api-keys/${key}`, `/api-keys/delete?key=${key}`, "/users/1/api-keys", "/logs"]) {
    const page = await (await visit(path)).text();
    const [body = ""] = /<body>.*<\/body>/s.exec(page) ?? [];
    expect(body, path).toContain(name);
    const bare = body
      .replaceAll(/<bdi>[^<]*<\/bdi>|<code[^>]* dir="ltr">[^<]*<\/code>/g, "")
      .replaceAll(/<[^>]*dir="auto"[^>]*>[^<]*|<[^>]+>/g, "");
    expect(bare, path).not.toContain("\u05de");
    expect(bare, path).not.toContain("\u202e");
    expect(/<title>(.*)<\/title>/.exec(page)?.[1], "a title has no markup").not.toMatch(/(?<!\u2068)\u05de/);
  }
});

test("a name that turns the direction of text is refused where it is given", async () => {
  const refused = await server.refusal("/api/v4/user_api_keys", {
    method: "POST",
    body: { user: 1, name: "backup \u202e?eteled" },
  });
  expect(refused.status).toBe(422);
  expect(refused.err).toMatch(/^name: must not contain characters that turn the direction of text/);
});
