/** The framework under real clients: the notes provider runs in this process, and Terraform reattaches to it. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Reattached, serveForReattach } from "../../../provider/plugin/reattach.ts";
import { providerSchemaJson } from "../../../provider/plugin/schema-wire.ts";
import { findTerraformClients, TerraformDirectory } from "../../terraform-cli.ts";
import { createNotesProvider, Notebook, notesAddress } from "./notes-provider.ts";

const head = `
terraform {
  required_providers { notes = { source = "${notesAddress}" } }
}
`;

for (const client of findTerraformClients()) {
  describe(client.name, () => {
    let notebook: Notebook;
    let reattached: Reattached;
    let workspace: TerraformDirectory;

    beforeEach(async () => {
      notebook = new Notebook();
      reattached = await serveForReattach(createNotesProvider(notebook), notesAddress);
      workspace = new TerraformDirectory(client, { TF_REATTACH_PROVIDERS: reattached.environment });
      workspace.write(head);
      await workspace.succeed("init");
    });

    afterEach(() => {
      reattached.stop();
      workspace.remove();
    });

    test("prints the schema that we print ourselves", async () => {
      const printed: unknown = JSON.parse(await workspace.succeed("providers", "schema", "-json"));
      const ours = JSON.parse(
        JSON.stringify(providerSchemaJson(createNotesProvider(notebook), notesAddress)),
      );
      expect(knownTo(client.product, ours)).toEqual(printed);
    });

    test("creates an object of every kind of attribute, and then has nothing to do", async () => {
      await apply(everything("one"));
      expect([...notebook.notes.values()]).toMatchObject([
        { title: "one", body: "", tags: ["a", "b"], stars: 0.1, limits: { words: 3, unit: "words" } },
      ]);
      expect(await planned()).toEqual([]);
      expect(stateOf()).toMatchObject({
        id: "1",
        tags: ["A", "b"],
        stars: 0.1,
        labels: { x: "y" },
        links: [{ url: "u", checked: true }],
        limits: { summary: "at most 3 words" },
        secret: "secret-1-1",
        revision: 1,
      });
    });

    test("updates in place without ever leaving the secret open", async () => {
      await apply(everything("one"));
      const [change] = await planned(everything("two"));
      expect(change).toMatchObject({ actions: ["update"], after: { title: "two", secret: "secret-1-1" } });
      expect(change?.unknown).toEqual({
        links: [{}],
        limits: {},
        revision: true,
        labels: {},
        tags: [false, false],
      });
      await apply(everything("two"));
      expect(notebook.calls.filter((call) => !call.startsWith("read"))).toEqual(["create", "update 1"]);
      expect(await planned()).toEqual([]);
    });

    test("leaves the secret open when the resource's own plan says so", async () => {
      await apply(note('title = "one"'));
      const [change] = await planned(note('title = "one"\n body = "rotate"'));
      expect(change?.unknown).toMatchObject({ secret: true });
      await apply(note('title = "one"\n body = "rotate"'));
      expect(stateOf()).toMatchObject({ secret: "secret-1-2" });
    });

    test("replaces what cannot be changed in place", async () => {
      await apply(note('title = "one"'));
      const [change] = await planned(note('title = "one"', "elsewhere"));
      expect(change).toMatchObject({ actions: ["delete", "create"], replace: [["folder"]] });
      await apply(note('title = "one"', "elsewhere"));
      expect([...notebook.notes.keys()]).toEqual(["2"]);
    });

    test("sees no change in another spelling, and keeps the first one in the state", async () => {
      await apply(note('title = "one"\n tags = ["Red", "Green"]'));
      expect(await planned(note('title = "one"\n tags = ["green", "RED"]'))).toEqual([]);
      expect(stateOf()).toMatchObject({ tags: ["Green", "Red"] });
    });

    test("returns to a default when the attribute is taken out", async () => {
      await apply(note('title = "one"\n body = "text"'));
      await apply(note('title = "one"'));
      expect(notebook.notes.get("1")).toMatchObject({ body: "" });
      expect(await planned()).toEqual([]);
    });

    test("imports an object and has nothing to change, although its secret is not known", async () => {
      await apply(everything("one"));
      await workspace.succeed("state", "rm", "notes_note.a");
      await workspace.succeed("import", "notes_note.a", "1");
      expect(stateOf()).toMatchObject({ id: "1", secret: null });
      expect(await planned()).toEqual([]);
    });

    test("is told which object an import did not find", async () => {
      workspace.write(head + note('title = "one"'));
      const { exitCode, output } = await workspace.run("import", "-no-color", "notes_note.a", "77");
      expect(exitCode).toBe(1);
      expect(output).toContain('There is no notes_note with the id "77"');
    });

    test("lets unknown values flow through plan and apply", async () => {
      const source = 'resource "terraform_data" "source" { input = "later" }\n';
      const configuration =
        source +
        note(`title = "is-\${terraform_data.source.output}"
          tags   = [terraform_data.source.output]
          limits = { words = length(terraform_data.source.id) }`);
      const changes = await planned(configuration);
      expect(changes.find(({ type }) => type === "notes_note")?.unknown).toMatchObject({
        title: true,
        id: true,
      });
      await apply(configuration);
      expect(notebook.notes.get("1")).toMatchObject({
        title: "is-later",
        tags: ["later"],
        limits: { words: 36 },
      });
      expect(await planned()).toEqual([]);
    });

    test("shows what is wrong with a value on that value's own line", async () => {
      workspace.write(`${head}
resource "notes_note" "a" {
  title  = "longer than twenty characters"
  folder = null
  tags   = ["fine", "not fine"]
}`);
      const { exitCode, output } = await workspace.run("validate", "-json");
      expect(exitCode).toBe(1);
      const { diagnostics }: { diagnostics: CliDiagnostic[] } = JSON.parse(output);
      expect(diagnostics.map(({ detail, range }) => [range.start.line, detail]).sort()).toEqual([
        [7, '"longer than twenty characters" is longer than 20 characters'],
        [8, expect.stringContaining("its value is null")],
        [9, '"not fine" has a space'],
      ]);
    });

    test("shows what is wrong between two values", async () => {
      workspace.write(head + note('title = "forbidden"\n body = "forbidden"'));
      const { output } = await workspace.run("validate", "-no-color");
      expect(output).toContain("Either title or body, not both.");
    });

    test("refuses a number with more digits than can be kept, on its own line", async () => {
      workspace.write(head + note('title = "one"\n stars = 9007199254740993'));
      const { output } = await workspace.run("validate", "-no-color");
      expect(output).toContain("Invalid value of stars");
    });

    test("taints an object whose creation failed half-way, and replaces it", async () => {
      notebook.failAfterCreate = true;
      workspace.write(head + note('title = "one"'));
      const { exitCode, output } = await workspace.run("apply", "-auto-approve", "-no-color");
      expect(exitCode).toBe(1);
      expect(output).toContain("The notebook fell shut");
      expect(await planned()).toMatchObject([{ actions: ["delete", "create"] }]);
      await apply(note('title = "one"'));
      expect([...notebook.notes.keys()]).toEqual(["2"]);
    });

    test("plans a new object when the old one has gone", async () => {
      await apply(note('title = "one"'));
      notebook.notes.clear();
      expect(await planned()).toMatchObject([{ actions: ["create"] }]);
    });

    test("warns before it destroys, then destroys", async () => {
      await apply(note('title = "precious"'));
      const output = await workspace.succeed("destroy", "-auto-approve", "-no-color");
      expect(output).toContain("A precious note goes");
      expect(notebook.notes.size).toBe(0);
    });

    test("reads the state of an older schema version, and refuses that of a newer one", async () => {
      await apply(note('title = "one"'));
      const state = workspace.read("terraform.tfstate");
      const older = state
        .replace('"schema_version": 1', '"schema_version": 0')
        .replace('"title":', '"name":');
      workspace.write(older, "terraform.tfstate");
      expect(await planned()).toEqual([]);
      workspace.write(state.replace('"schema_version": 1', '"schema_version": 2'), "terraform.tfstate");
      const { exitCode, output } = await workspace.run("plan", "-no-color");
      expect(exitCode).toBe(1);
      expect(output).toContain("newer provider");
    });

    if (client.product === "Terraform") {
      test("moves an object here from another address of the provider, and has nothing to change", async () => {
        await apply(note('title = "one"\n tags = ["Red"]'));
        const elsewhere = "example.org/elsewhere/notes";
        const other = await serveForReattach(createNotesProvider(notebook), elsewhere);
        const addresses = { ...JSON.parse(reattached.environment), ...JSON.parse(other.environment) };
        workspace.setEnvironment({ TF_REATTACH_PROVIDERS: JSON.stringify(addresses) });
        workspace.write(`
          terraform {
            required_providers {
              notes     = { source = "${notesAddress}" }
              elsewhere = { source = "${elsewhere}" }
            }
          }
          resource "notes_note" "b" {
            provider = elsewhere
            folder   = "f"
            title    = "one"
            tags     = ["Red"]
          }
          moved {
            from = notes_note.a
            to   = notes_note.b
          }`);
        await workspace.succeed("init");
        const output = await workspace.succeed("apply", "-auto-approve", "-no-color");
        expect(output).toContain("notes_note.a has moved to notes_note.b");
        expect(output).toContain("0 added, 0 changed, 0 destroyed");
        expect(stateOf()).toMatchObject({ id: "1", tags: ["Red"], secret: "secret-1-1" });
        other.stop();
      });

      test("passes a write-only value on and stores it nowhere", async () => {
        await apply(note('title = "one"\n passphrase = "open sesame"'));
        expect(notebook.passphrases.get("1")).toBe("open sesame");
        expect(workspace.read("terraform.tfstate")).not.toContain("open sesame");
        expect(await planned()).toEqual([]);
      });
    } else {
      test("is too old for a write-only value, and is told so", async () => {
        workspace.write(head + note('title = "one"\n passphrase = "open sesame"'));
        const { output } = await workspace.run("validate", "-no-color");
        expect(output).toContain("passphrase needs a newer Terraform");
      });
    }

    async function apply(configuration: string): Promise<void> {
      workspace.write(head + configuration);
      await workspace.succeed("apply", "-auto-approve", "-no-color");
    }

    /** The changes that a plan holds, in the plan's own words; none means an empty plan. */
    async function planned(configuration?: string): Promise<PlannedChange[]> {
      if (configuration !== undefined) {
        workspace.write(head + configuration);
      }
      await workspace.succeed("plan", "-out=plan", "-no-color");
      const plan: CliPlan = JSON.parse(await workspace.succeed("show", "-json", "plan"));
      return plan.resource_changes
        .filter(({ change }) => change.actions.join() !== "no-op")
        .map(({ type, change }) => ({
          type,
          actions: change.actions,
          after: change.after,
          unknown: change.after_unknown,
          replace: change.replace_paths,
        }));
    }

    /**
     * The note as it is stored. From the file, because `show -json` of OpenTofu 1.6 looks for every provider of
     * registry.terraform.io in its own registry.
     */
    function stateOf(): unknown {
      const state: StateFile = JSON.parse(workspace.read("terraform.tfstate"));
      return state.resources.find(({ type }) => type === "notes_note")?.instances[0]?.attributes;
    }
  });
}

interface PlannedChange {
  readonly type: string;
  readonly actions: readonly string[];
  readonly after: unknown;
  readonly unknown: unknown;
  readonly replace: unknown;
}

interface CliPlan {
  readonly resource_changes: readonly {
    readonly type: string;
    readonly change: {
      readonly actions: readonly string[];
      readonly after: unknown;
      readonly after_unknown: unknown;
      readonly replace_paths?: unknown;
    };
  }[];
}

interface StateFile {
  readonly resources: readonly {
    readonly type: string;
    readonly instances: readonly { readonly attributes: unknown }[];
  }[];
}

interface CliDiagnostic {
  readonly detail: string;
  readonly range: { readonly start: { readonly line: number } };
}

function note(attributes: string, folder = "f"): string {
  return `resource "notes_note" "a" {\n folder = "${folder}"\n ${attributes}\n}\n`;
}

function everything(title: string): string {
  return note(`title = "${title}"
    tags   = ["A", "b"]
    stars  = 0.1
    labels = { x = "y" }
    links  = [{ url = "u" }]
    limits = { words = 3 }`);
}

/** OpenTofu 1.6 knows no write-only attributes and does not print the flag. */
function knownTo(clientName: string, json: unknown): unknown {
  return clientName === "Terraform"
    ? json
    : JSON.parse(JSON.stringify(json).replaceAll(',"write_only":true', ""));
}
