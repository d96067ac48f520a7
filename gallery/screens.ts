import type { Page } from "playwright-core";
import { adminPassword } from "./running-server.ts";
import type { SampleData } from "./sample-data.ts";

/** One screen of the console, and how to get there from a page that is signed in. */
export interface Screen {
  readonly name: string;
  readonly open: (page: Page, data: SampleData) => Promise<unknown>;
}

/** Signs in as user `admin`. */
export async function signIn(page: Page, name = "admin", password = adminPassword): Promise<void> {
  await page.goto("/login");
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

let made = 0;

/** Every screen of the console, each as a person would see it. */
export const screens: readonly Screen[] = [
  { name: "users", open: (page) => page.goto("/users") },
  { name: "user", open: (page, { user }) => page.goto(`/users/${user}`) },
  { name: "api-keys", open: (page, { user }) => page.goto(`/users/${user}/api-keys`) },
  {
    name: "api-keys-selected",
    open: async (page, { user }) => {
      await page.goto(`/users/${user}/api-keys?search=e`);
      await page.getByLabel("Select deploy").check();
      await page.getByLabel("Select old pipeline").check();
    },
  },
  { name: "api-keys-wordy", open: (page, { wordyUser }) => page.goto(`/users/${wordyUser}/api-keys`) },
  {
    name: "api-keys-nothing-fits",
    open: (page, { user }) => page.goto(`/users/${user}/api-keys?search=zebra`),
  },
  { name: "disable-user", open: (page, { user }) => page.goto(`/users/${user}/disable`) },
  { name: "api-keys-empty", open: (page, { disabledUser }) => page.goto(`/users/${disabledUser}/api-keys`) },
  { name: "all-api-keys", open: (page) => page.goto("/api-keys") },
  { name: "new-api-key", open: fillForm },
  {
    name: "new-api-key-faults",
    open: async (page, data) => {
      await fillForm(page, data);
      await page.getByLabel("Name", { exact: true }).fill("deploy");
      await page.getByLabel("Allow list entry 1", { exact: true }).fill("10.0.0.1/8");
      await page.getByRole("button", { name: "Create API key" }).click();
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "created",
    open: async (page, data) => {
      await page.goto(`/users/${data.emptyUser}/api-keys/new`);
      made += 1;
      await page.getByLabel("Name", { exact: true }).fill(`laptop ${made}`);
      await page.getByRole("button", { name: "Create API key" }).click();
      await page.getByRole("dialog").waitFor();
      await page.getByText("How to use it").click();
    },
  },
  { name: "api-key", open: (page, { key }) => page.goto(`/api-keys/${key}?address=192.0.2.66`) },
  { name: "api-key-shut", open: (page, { shutKey }) => page.goto(`/api-keys/${shutKey}`) },
  { name: "edit-api-key", open: (page, { key }) => page.goto(`/api-keys/${key}/edit`) },
  { name: "rotate", open: (page, { key }) => page.goto(`/api-keys/${key}/rotate`) },
  {
    name: "rotated",
    open: async (page, { wordyUser }) => {
      await page.goto(`/users/${wordyUser}/api-keys?search=production&sort=created`);
      await page.getByRole("rowheader").getByRole("link").last().click();
      await page.getByRole("link", { name: "Rotate" }).click();
      await page.getByRole("button", { name: "Rotate", exact: true }).click();
      await page.getByRole("dialog").waitFor();
    },
  },
  { name: "delete", open: (page, { key }) => page.goto(`/api-keys/delete?key=${key}`) },
  { name: "logs", open: (page) => page.goto("/logs?search=created") },
  { name: "logs-fault", open: (page) => page.goto("/logs?from=2026&search=rotated") },
  { name: "not-found", open: (page) => page.goto("/users/999999") },
  // It ends the session, so it comes last.
  {
    name: "login",
    open: async (page) => {
      await page.context().clearCookies({ name: "keyward-session" });
      await page.goto("/login?next=/users&ended=yes");
      await page.getByLabel("User name").fill("ada");
    },
  },
];

async function fillForm(page: Page, { user }: SampleData): Promise<void> {
  await page.goto(`/users/${user}/api-keys/new`);
  await page.getByLabel("Name", { exact: true }).fill("staging");
  await page.getByRole("button", { name: "Add to allow list" }).click();
  await page.getByLabel("Allow list entry 1", { exact: true }).fill("192.0.2.0/24");
  await page.getByRole("button", { name: "Add to deny list" }).click();
  await page.getByLabel("Deny list entry 1", { exact: true }).fill("192.0.2.66");
  await page.getByLabel("Would this address pass?").fill("192.0.2.66");
  await page.getByText("Passes").waitFor();
}
