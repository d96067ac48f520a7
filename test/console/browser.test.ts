import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { adminPassword } from "../../gallery/running-server.ts";
import { signIn } from "../../gallery/screens.ts";
import { chromium, RunningConsole } from "./running-console.ts";

const secretPattern = /kw_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}/;

describe.skipIf(chromium === undefined)("in the console, somebody", () => {
  let running: RunningConsole;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    running = await RunningConsole.start();
  });
  afterAll(() => running.stop());
  beforeEach(async () => {
    page = await running.visitAsAdmin();
    complaints.length = 0;
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) =>
      complaints.push(...(/Content Security/.test(message.text()) ? [message.text()] : [])),
    );
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints, "the script failed, or broke the page's policy").toEqual([]);
  });

  const nameField = () => page.getByLabel("Name", { exact: true });
  const heading = (name: string) => page.getByRole("heading", { level: 1, name, exact: true });
  const button = (name: string) => page.getByRole("button", { name, exact: true });
  const call = (secret: string) =>
    fetch(`${running.server.url}/auth/whoami`, { headers: { Authorization: `Bearer ${secret}` } });

  async function makeKey(name: string): Promise<string> {
    await page.goto(`/users/${running.data.emptyUser}/api-keys/new`);
    await nameField().fill(name);
    await button("Create API key").click();
    return page.getByRole("dialog").locator("#secret").innerText();
  }

  test("signs in, comes back to where they wanted to go, and signs out for good", async () => {
    const visitor = await running.visit();
    await visitor.goto(`/users/${running.data.user}/api-keys?search=deploy`);
    await visitor.getByLabel("User name").fill("admin");
    await visitor.getByLabel("Password").fill("wrong password");
    await visitor.getByLabel("Password").press("Enter");
    await visitor.getByRole("alert").getByText("wrong").waitFor();
    await visitor.getByLabel("Password").fill(adminPassword);
    await visitor.getByLabel("Password").press("Enter");
    await visitor.waitForURL(`**/users/${running.data.user}/api-keys?search=deploy`);
    const stolen = await visitor.context().cookies();
    await visitor.getByRole("button", { name: "Sign out" }).click();
    await visitor.getByText("You are signed out").waitFor();
    await visitor.context().addCookies(stolen);
    await visitor.goto("/users");
    expect(new URL(visitor.url()).pathname).toBe("/login");
    await visitor.context().close();
  });

  test("follows a link of another site without being asked to sign in again", async () => {
    const target = `${running.server.url}/users/${running.data.user}`;
    await page.route("http://elsewhere.example/", (route) =>
      route.fulfill({ contentType: "text/html", body: `<a href="${target}">the key's user</a>` }),
    );
    await page.goto("http://elsewhere.example/");
    await page.getByRole("link").click();
    await heading("ci-deploy").waitFor();
  });

  test("finds a user, sees its keys, groups and rights, and disables and enables it", async () => {
    await page.goto("/users");
    await page.getByLabel("Search users").fill("continuous");
    await page.getByRole("row").nth(2).waitFor({ state: "detached" });
    await page.getByRole("link", { name: "ci-deploy" }).click();
    await page.getByRole("link", { name: "4 API keys" }).waitFor();
    await page.getByText("Next to expire: deploy").waitFor();
    await page.getByText("Platform", { exact: true }).waitFor();
    await page.getByRole("cell", { name: "list, read, modify" }).waitFor();
    await button("Disable user").click();
    await page.getByText("Disabled", { exact: true }).waitFor();
    await button("Enable user").click();
    await page.getByText("Enabled", { exact: true }).waitFor();
  });

  test("reads, sorts and searches the table of keys", async () => {
    await page.goto(`/users/${running.data.user}/api-keys`);
    const names = () => page.getByRole("rowheader").getByRole("link").allInnerTexts();
    expect(await names()).toEqual(["deploy", "metrics exporter", "nightly backup", "old pipeline"]);
    await page.getByRole("row", { name: "deploy" }).getByText("Expires soon: 9 days left").waitFor();
    await page.getByRole("row", { name: "metrics exporter" }).getByText("Never", { exact: true }).waitFor();
    await page.getByRole("row", { name: "old pipeline" }).getByText("Expired 3 days ago").waitFor();
    await page.getByRole("link", { name: "Name" }).click();
    await page
      .getByRole("columnheader", { name: "Name" })
      .and(page.locator("[aria-sort=descending]"))
      .waitFor();
    expect(await names()).toEqual(["old pipeline", "nightly backup", "metrics exporter", "deploy"]);
    await page.getByLabel("Search API keys").fill("BACK");
    await page.getByRole("row", { name: "deploy" }).waitFor({ state: "detached" });
    expect(await names()).toEqual(["nightly backup"]);
    expect(page.url(), "the address is that of what is shown").toContain("search=BACK");
  });

  test("sees times in their own zone, and the picker works in it", async () => {
    await page.goto(`/users/${running.data.emptyUser}/api-keys/new`);
    await page.getByText("America/New_York").waitFor();
    await nameField().fill("zoned");
    await page.getByLabel(/Expires on/).fill("2030-07-01T08:30");
    await button("Create API key").click();
    await page.getByText('expires_at = "2030-07-01T12:30:00Z"').first().waitFor({ state: "attached" });
    await page.getByRole("link", { name: "Done" }).click();
    await page.getByText("1 Jul 2030, 08:30:00 GMT-4").first().waitFor();
  });

  test("is told at the entry what is wrong with it, and who may use the key as they type", async () => {
    await page.goto(`/users/${running.data.user}/api-keys/new`);
    await nameField().fill("deploy");
    await page.getByText("The key works from any address.").waitFor();
    await button("Add to allow list").click();
    const entry = page.getByLabel("Allow list entry 1", { exact: true });
    expect(await entry.evaluate((element) => element.matches(":focus"))).toBe(true);
    await entry.fill("10.0.0.1/8");
    await button("Create API key").click();
    await page.getByText('"10.0.0.1/8" has host bits set; did you mean the network 10.0.0.0/8').waitFor();
    expect(await entry.getAttribute("aria-invalid")).toBe("true");
    await entry.fill("10.0.0.0/8");
    await page.getByText("The key works from 10.0.0.0/8 only.").waitFor();
    await page.getByText("Paste several").nth(1).click();
    await page
      .getByLabel("Addresses and CIDRs for the deny list")
      .fill("10.1.2.3\n192.0.2.0/24, 2001:db8::/32");
    await button("Add these").click();
    await page.getByLabel("Deny list entry 3", { exact: true }).waitFor();
    await page
      .getByText("10.0.0.0/8 (allowed) and 10.1.2.3 (denied) overlap: the allow list wins.")
      .waitFor();
    await page.getByLabel("Would this address pass?").fill("10.1.2.3");
    await page.getByText("Passes", { exact: true }).waitFor();
    await page.getByLabel("Allow list entry 1 is on").uncheck();
    await page.getByText("The key works from nowhere").waitFor();
    await button("Remove Allow list entry 1 10.0.0.0/8").click();
    await page.getByText("Refused", { exact: true }).waitFor();
    await button("Create API key").click();
    await page.getByText('has a key named "deploy" already; choose another name').waitFor();
    expect(await page.getByLabel("Deny list entry 3", { exact: true }).inputValue()).toBe("2001:db8::/32");
  });

  test("makes a key with presets and by keyboard alone", async () => {
    await page.goto(`/users/${running.data.emptyUser}/api-keys/new`);
    await button("30 days").click();
    const in30Days = new Date(Date.now() + 30 * 86_400_000).toLocaleDateString("sv", {
      timeZone: "America/New_York",
    });
    await expect.poll(() => page.getByLabel(/Expires on/).inputValue()).toContain(in30Days);
    await nameField().focus();
    await page.keyboard.type("by keyboard");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "API key created" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("neither copied nor saved yet").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByText("Secret copied.").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByText("30 days left").waitFor();
  });

  test("copies and saves a secret that works, and never sees it again", async () => {
    const secret = await makeKey("../made: once");
    expect(secret).toMatch(secretPattern);
    expect((await call(secret)).status).toBe(200);
    await button("Copy").click();
    await page.getByRole("dialog").getByText("Secret copied.").waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(secret);
    const download = page.waitForEvent("download");
    await button("Save as made-once.PAK").click();
    const file = await download;
    expect(file.suggestedFilename()).toBe("made-once.PAK");
    expect(await readFile(await file.path(), "utf8")).toBe(`${secret}\n`);
    await page.getByText("How to use it").click();
    expect(await page.locator("#snippet-environment").innerText()).toContain(`KEYWARD_TOKEN=${secret}`);
    for (const id of ["curl", "terraform", "cdktf"]) {
      expect(await page.locator(`#snippet-${id}`).innerText()).not.toMatch(secretPattern);
    }
    await page.getByRole("link", { name: "Done" }).click();
    const whole =
      "document.documentElement.outerHTML + JSON.stringify({ ...localStorage, ...sessionStorage })";
    expect(await page.evaluate(whole)).not.toContain(secret);
    await page.reload();
    await heading("../made: once").waitFor();
    expect(await page.content()).not.toContain(secret);
    await page.goBack();
    expect(await page.content()).not.toContain(secret);
    await page.goForward();
    expect(await page.content()).not.toContain(secret);
    expect(page.url()).not.toContain("kw_");
  });

  test("finds no secret after reloading the very page that shows it, or leaving it and coming back", async () => {
    const secret = await makeKey("reloaded");
    await page.reload();
    await heading("reloaded").waitFor();
    expect(await page.content()).not.toContain(secret);
    const left = await makeKey("left");
    await page.goto("/users");
    await page.goBack();
    await heading("left").waitFor();
    expect(await page.content()).not.toContain(left);
  });

  test("edits a key, and is told when somebody else did so in between", async () => {
    await makeKey("edited");
    await page.getByRole("link", { name: "Done" }).click();
    await page.getByRole("link", { name: "Edit" }).click();
    const other = await running.visitAsAdmin();
    await other.goto(page.url());
    await other.getByLabel("Description").fill("theirs");
    await other.getByRole("button", { name: "Save" }).click();
    await other.getByText("Saved.").waitFor();
    await other.context().close();
    await page.getByLabel("Description").fill("mine");
    await page.getByLabel("Never").check();
    await button("Save").click();
    await page.getByRole("alert").getByText("Somebody has changed this key").waitFor();
    expect(await page.getByLabel("Description").inputValue()).toBe("mine");
    await button("Save").click();
    await page.getByText("Saved.").waitFor();
    await page.getByText("mine", { exact: true }).waitFor();
  });

  test("rotates a key: both secrets work until the overlap has passed", async () => {
    const before = await makeKey("rotated");
    await page.getByRole("link", { name: "Done" }).click();
    await page.getByRole("link", { name: "Rotate" }).click();
    await page.getByLabel("The old secret stays valid for").selectOption("1 hour");
    await button("Rotate").click();
    const after = await page.getByRole("dialog").locator("#secret").innerText();
    expect(after).not.toBe(before);
    expect([(await call(before)).status, (await call(after)).status]).toEqual([200, 200]);
    running.late.seconds += 3601;
    expect([(await call(before)).status, (await call(after)).status]).toEqual([401, 200]);
  });

  test("deletes several keys after being told when each was last used", async () => {
    const first = await makeKey("doomed one");
    await makeKey("doomed two");
    await call(first);
    await page.goto(`/users/${running.data.emptyUser}/api-keys?search=doomed`);
    await page.getByLabel("Select doomed one").check();
    await page.getByLabel("Select doomed two").check();
    await button("Delete selected").click();
    await heading("Delete 2 API keys?").waitFor();
    await page.getByText("doomed two of grace: never used").waitFor();
    await button("Delete 2 API keys").click();
    await page.getByText("The keys are refused from now on.").waitFor();
    expect((await call(first)).status).toBe(401);
  });

  test("learns from the empty table what a key is for", async () => {
    await page.goto(`/users/${running.data.disabledUser}/api-keys`);
    await page.getByRole("heading", { name: "No API keys yet" }).waitFor();
    await page.getByRole("link", { name: "New API key" }).first().waitFor();
  });

  test("reads who did what to a key, and when", async () => {
    await makeKey("logged");
    await page.getByRole("link", { name: "Done" }).click();
    await page.getByRole("link", { name: "Logs of this key" }).click();
    await page.getByRole("row", { name: "created API key" }).waitFor();
    expect(await page.getByRole("row").count()).toBe(2);
    await page.goto("/logs?user=grace&search=logged");
    await page.getByRole("cell", { name: 'named "logged"' }).waitFor();
    await page.goto("/logs?to=2020-01-01T00:00");
    await page.getByText("No line fits").waitFor();
  });

  test("of another user reaches neither keys nor their forms by address", async () => {
    const password = "a password of eve";
    await fetch(`${running.server.url}/api/v4/users`, {
      method: "POST",
      headers: {
        Authorization: `Basic ${btoa(`admin:${adminPassword}`)}`,
        "Content-Type": "application/json",
      },
      body: JSON.stringify({ name: "eve", password }),
    });
    const { key, user } = running.data;
    const eve = await running.visit();
    await signIn(eve, "eve", password);
    for (const path of [
      `/api-keys/${key}`,
      `/api-keys/${key}/edit`,
      `/api-keys/${key}/rotate`,
      `/api-keys/delete?key=${key}`,
    ]) {
      expect((await eve.goto(path))?.status(), path).toBe(404);
      expect(await eve.content()).not.toContain("Deploys from the pipeline");
    }
    await eve.goto(`/users/${user}/api-keys`);
    expect(await eve.content()).not.toContain("nightly backup");
    const forged = `fetch("/api-keys/delete", { method: "POST", body: new URLSearchParams({ do: "delete", key: "${key}" }) }).then((answer) => answer.status)`;
    expect(await eve.evaluate(forged)).toBe(404);
    const made = `fetch("/users/${user}/api-keys/new", { method: "POST", body: new URLSearchParams({ do: "save", name: "eve's", expires_type: "never", once: "console-0123456789abcdef" }) }).then((answer) => answer.text())`;
    expect(await eve.evaluate(made)).toContain("may not modify user");
    await eve.context().close();
  });

  test("is not made to change anything by a page of another site", async () => {
    const action = `${running.server.url}/users/${running.data.user}`;
    await page.route("http://evil.example/", (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<form method="post" action="${action}"><button name="do" value="disable">Win a prize</button></form>`,
      }),
    );
    await page.goto("http://evil.example/");
    const answer = page.waitForResponse(action);
    await button("Win a prize").click();
    expect((await answer).status()).toBe(403);
    await page.goto(action);
    await page.getByText("Enabled", { exact: true }).waitFor();
  });

  test("loses nothing of a form when the session ends before it is sent", async () => {
    const visitor = await running.visit();
    await signIn(visitor);
    await visitor.goto(`/users/${running.data.emptyUser}/api-keys/new`);
    await visitor.getByLabel("Name", { exact: true }).fill("survivor");
    await visitor.getByLabel("Description").fill("two lines\nof text & more");
    await visitor.getByRole("button", { name: "Add to deny list" }).click();
    await visitor.getByLabel("Deny list entry 1", { exact: true }).fill("192.0.2.1");
    running.late.seconds += 86_401;
    await visitor.getByRole("button", { name: "Create API key" }).click();
    await visitor.getByText("Your session has ended").waitFor();
    await visitor.getByLabel("User name").fill("admin");
    await visitor.getByLabel("Password").fill(adminPassword);
    await visitor.getByLabel("Password").press("Enter");
    await visitor.getByText("Nothing has been saved yet").waitFor();
    expect(await visitor.getByLabel("Name", { exact: true }).inputValue()).toBe("survivor");
    expect(await visitor.getByLabel("Description").inputValue()).toBe("two lines\nof text & more");
    expect(await visitor.getByLabel("Deny list entry 1", { exact: true }).inputValue()).toBe("192.0.2.1");
    await visitor.getByRole("button", { name: "Create API key" }).click();
    await visitor.getByRole("dialog").waitFor();
    await visitor.context().close();
  });

  test("without a script makes, sees and deletes a key all the same", async () => {
    const plain = await running.visit({ javaScriptEnabled: false });
    await signIn(plain);
    await plain.goto(`/users/${running.data.emptyUser}/api-keys/new`);
    await plain.getByText("Expires on (UTC)").waitFor();
    await plain.getByLabel("Name", { exact: true }).fill("scriptless");
    await plain.getByRole("button", { name: "Add to allow list" }).click();
    await plain.getByLabel("Allow list entry 1", { exact: true }).fill("192.0.2.0/24");
    await plain.getByRole("button", { name: "60 days" }).click();
    await plain.getByText("The key works from 192.0.2.0/24 only.").waitFor();
    await plain.getByRole("button", { name: "Create API key" }).click();
    expect(await plain.getByRole("dialog").locator("#secret").innerText()).toMatch(secretPattern);
    expect(await plain.getByRole("button", { name: "Copy" }).count()).toBe(0);
    await plain.getByRole("link", { name: "Done" }).click();
    await plain.getByText("60 days left").waitFor();
    await plain.getByRole("link", { name: "Delete" }).click();
    await plain.getByRole("button", { name: "Delete API key" }).click();
    await plain.getByText("The key is refused from now on.").waitFor();
    await plain.context().close();
  });

  test("chooses light or dark, and it stays so", async () => {
    await page.goto("/users");
    await button("Dark").click();
    await page.goto("/logs");
    expect(await page.evaluate("getComputedStyle(document.documentElement).colorScheme")).toBe("dark");
  });
});
