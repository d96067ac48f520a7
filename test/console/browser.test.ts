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
    running.late.seconds = 0;
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
  const focused = () =>
    page.evaluate(
      "(document.activeElement?.id || document.activeElement?.value) ?? document.activeElement?.tagName",
    );
  const names = () => page.getByRole("rowheader").getByRole("link").allInnerTexts();
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
    await page.getByRole("link", { name: "Disable user" }).click();
    await heading("Disable ci-deploy?").waitFor();
    await page.getByText("All 4 API keys of the user are refused from that moment on").waitFor();
    await button("Disable user").click();
    await page.getByText("Disabled", { exact: true }).waitFor();
    await button("Enable user").click();
    await page.getByText("Enabled", { exact: true }).waitFor();
  });

  test("reads, sorts and searches the table of keys, and goes back the same way", async () => {
    await page.goto(`/users/${running.data.user}/api-keys`);
    expect(await names()).toEqual(["deploy", "metrics exporter", "nightly backup", "old pipeline"]);
    await page.getByRole("row", { name: "deploy" }).getByText("Expires soon: 9 days left").waitFor();
    await page.getByRole("row", { name: "metrics exporter" }).getByText("Never", { exact: true }).waitFor();
    await page.getByRole("row", { name: "old pipeline" }).getByText("Expired 3 days ago").waitFor();
    await page.getByRole("link", { name: "Name" }).focus();
    await page.keyboard.press("Enter");
    await page
      .getByRole("columnheader", { name: "Name" })
      .and(page.locator("[aria-sort=descending]"))
      .waitFor();
    expect(await focused(), "the focus stays on what was pressed").toBe("sort-name");
    expect(await names()).toEqual(["old pipeline", "nightly backup", "metrics exporter", "deploy"]);
    await page.getByLabel("Search API keys").fill("E");
    await page.getByRole("status").getByText("3 API keys found").waitFor();
    expect(await names(), "a search keeps the order").toEqual(["old pipeline", "metrics exporter", "deploy"]);
    expect(page.url(), "the address is that of what is shown").toMatch(/search=E&.*sort=-name/);
    await page.goBack();
    await page.locator("[aria-sort=ascending]").waitFor();
    expect(await names()).toEqual(["deploy", "metrics exporter", "nightly backup", "old pipeline"]);
    expect(await page.getByLabel("Search API keys").inputValue()).toBe("");
  });

  test("on a phone sorts by a picker, and never stops at what is not seen", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`/users/${running.data.user}/api-keys`);
    await page.getByLabel("Sort by").selectOption("Name, descending");
    await page.getByRole("status").getByText("4 API keys found").waitFor();
    expect(await names()).toEqual(["old pipeline", "nightly backup", "metrics exporter", "deploy"]);
    expect(await page.getByRole("row").count(), "rows are still rows, whatever they look like").toBe(4);
    await page.getByLabel("Search API keys").focus();
    const unseen = "document.activeElement.checkVisibility() ? '' : document.activeElement.outerHTML";
    for (let stop = 0; stop < 12; stop += 1) {
      await page.keyboard.press("Tab");
      expect(await page.evaluate(unseen)).toBe("");
    }
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
    const visited = await page.evaluate("history.length");
    await button("Create API key").click();
    await page.locator("#allow-0-fault").getByText('"10.0.0.1/8" has host bits set; did you mean').waitFor();
    expect(await entry.getAttribute("aria-invalid")).toBe("true");
    expect([await focused(), await page.title()]).toEqual(["faults", "Error: New API key · Keyward"]);
    expect(await page.evaluate("history.length"), "the way back does not lead through a fault").toBe(visited);
    await page.getByRole("link", { name: "Allow list entry 1" }).click();
    expect(await focused(), "the notice leads to the field").toBe("allow-0");
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
    await page.locator("#name-fault").getByText('has a key named "deploy" already').waitFor();
    expect(await page.getByLabel("Deny list entry 3", { exact: true }).inputValue()).toBe("2001:db8::/32");
  });

  test("makes, tries, rotates and deletes a key by keyboard alone, and loses the focus nowhere", async () => {
    const { keyboard } = page;
    await page.goto(`/users/${running.data.emptyUser}/api-keys/new`);
    await button("30 days").focus();
    await keyboard.press("Enter");
    const in30Days = new Date(Date.now() + 30 * 86_400_000).toLocaleDateString("sv", {
      timeZone: "America/New_York",
    });
    await expect.poll(() => page.getByLabel(/Expires on/).inputValue()).toContain(in30Days);
    expect(await focused()).toBe("preset-30");
    await button("Add to allow list").focus();
    await keyboard.press("Enter");
    await expect.poll(focused, { message: "a new row is there to be typed into" }).toBe("allow-0");
    await keyboard.type("192.0.2.0/24");
    await keyboard.press("Enter");
    await expect.poll(focused, { message: "Enter in a row adds another" }).toBe("allow-1");
    await page.getByLabel("Would this address pass?").focus();
    await keyboard.type("198.51.100.1");
    await keyboard.press("Enter");
    await page.getByText("Refused", { exact: true }).waitFor();
    expect(await page.getByRole("dialog").count(), "Enter here makes no key").toBe(0);
    expect(await focused()).toBe("try");
    await nameField().focus();
    await keyboard.type("by keyboard");
    await keyboard.press("Enter");
    await page.getByRole("dialog", { name: "API key created" }).waitFor();
    for (let times = 0; times < 3; times += 1) {
      await keyboard.press("Escape");
    }
    await page.getByText("neither copied nor saved yet").waitFor();
    expect(await page.getByRole("dialog").locator("#secret").innerText()).toMatch(secretPattern);
    await keyboard.press("Tab");
    await keyboard.press("Tab");
    await keyboard.press("Enter");
    await page.getByRole("dialog").getByText("Secret copied.").waitFor();
    await keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByText("30 days left").waitFor();
    await page.getByRole("link", { name: "Rotate" }).focus();
    await keyboard.press("Enter");
    await page.getByLabel("The old secret stays valid for").focus();
    await keyboard.type("7 days");
    await page.getByLabel(/Expires on/).fill("2031-02-03T04:05");
    await page.getByLabel(/Expires on/).press("Enter");
    await page.getByRole("dialog", { name: "API key rotated" }).getByText("in 7 days").waitFor();
    await page.getByRole("link", { name: "Done" }).press("Enter");
    await page.getByText("3 Feb 2031, 04:05:00").waitFor();
    await page.getByRole("link", { name: "Delete" }).press("Enter");
    await button("Delete API key").press("Enter");
    await page.getByText("The key is refused from now on.").waitFor();
  });

  test("loses nothing when the server cannot be reached, or is slow", async () => {
    await page.goto(`/users/${running.data.emptyUser}/api-keys/new`);
    await nameField().fill("patient");
    await page.route("**/new", (route) =>
      route.request().method() === "POST" ? route.abort() : route.continue(),
    );
    for (const name of ["Add to deny list", "Create API key"]) {
      await button(name).click();
      await page.getByText("The server cannot be reached; nothing is lost.").waitFor();
      await page.locator("#announcement").evaluate((place) => place.replaceChildren());
    }
    await page.unroute("**/new");
    await button("Add to deny list").click();
    const entry = page.getByLabel("Deny list entry 1", { exact: true });
    await entry.waitFor();
    let release = () => {};
    await page.route("**/new", async (route) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      await route.continue();
    });
    await button("Add to allow list").click();
    await entry.fill("192.0.2.1");
    await expect.poll(() => page.locator("#access-panel[aria-busy]").count()).toBe(1);
    release();
    await page.getByLabel("Allow list entry 1", { exact: true }).waitFor();
    expect(await entry.inputValue(), "what was typed meanwhile stays").toBe("192.0.2.1");
    expect(await focused()).toBe("deny-0");
    await page.unroute("**/new");
    await button("Create API key").click();
    await page.getByRole("dialog").waitFor();
  });

  test("tries an address at a key, and is told what is wrong with one that is none", async () => {
    await page.goto(`/api-keys/${running.data.key}`);
    const field = page.getByLabel("Would this address pass?");
    await field.fill("192.0.2.300");
    await page.locator("#verdict").getByText('"192.0.2.300" is not an IPv4 or IPv6 address').waitFor();
    expect(await field.getAttribute("aria-invalid")).toBe("true");
    await field.fill("192.0.2.66");
    await page.getByText("Passes", { exact: true }).waitFor();
    expect(await field.getAttribute("aria-invalid")).toBe("false");
    await page.getByText("192.0.2.66 by entry 192.0.2.0/24").waitFor();
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
    await page
      .getByRole("dialog")
      .getByText(/It works on, as rotated \(\d+ until .*\), and ends in (59 minutes|60 minutes|1 hour)/)
      .waitFor();
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
    expect(await button("Delete selected").isDisabled(), "nothing is selected yet").toBe(true);
    await page.getByLabel("Select all on this page").check();
    await page.getByText("2 selected", { exact: true }).waitFor();
    await page.getByLabel("Select doomed two").uncheck();
    await page.getByText("1 selected", { exact: true }).waitFor();
    await page.getByLabel("Search API keys").fill("doomed two");
    await page.getByText("1 selected, 1 of them not shown").waitFor();
    await page.getByLabel("Select doomed two").check();
    await button("Delete selected").click();
    await heading("Delete 2 API keys?").waitFor();
    await page.getByText("doomed two of grace: never used").waitFor();
    await button("Delete 2 API keys").click();
    await page.getByText("The keys are refused from now on.").waitFor();
    expect(new URL(page.url()).searchParams.get("search"), "back where they were ticked").toBe("doomed two");
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
    await plain.getByLabel("Would this address pass?").fill("192.0.2.7");
    await plain.getByLabel("Would this address pass?").press("Enter");
    await plain.getByText("Nothing has been saved yet").waitFor();
    await plain.getByText("Passes", { exact: true }).waitFor();
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

  test("chooses light or dark in the middle of a form, and it stays so", async () => {
    await page.goto(`/users/${running.data.emptyUser}/api-keys/new`);
    await nameField().fill("half a form");
    const kept = page.waitForResponse("**/theme");
    await button("Dark").click();
    await kept;
    const scheme = "getComputedStyle(document.documentElement).colorScheme";
    expect(await page.evaluate(scheme)).toBe("dark");
    expect(await nameField().inputValue()).toBe("half a form");
    await page.goto("/logs");
    await heading("Logs").waitFor();
    expect(await page.evaluate(scheme)).toBe("dark");
  });
});
