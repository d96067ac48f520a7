/** A small provider for tests: notes in memory, with one attribute of every kind that the framework knows. */

import { ProviderError } from "../../../provider/plugin/diagnostics.ts";
import { defineProvider, Incomplete, type Provider, resourcesOf } from "../../../provider/plugin/resource.ts";
import { bool, list, map, number, object, schema, set, string } from "../../../provider/plugin/schema.ts";
import { unknown } from "../../../provider/plugin/unknown.ts";
import type { State } from "../../../provider/plugin/views.ts";

/** Where configurations find it. */
export const notesAddress = "registry.terraform.io/keyward/notes";

/** Version 1: version 0 called the title a name. */
export const noteSchema = schema({
  version: 1,
  description: "A note.",
  attributes: {
    title: string({
      required: true,
      description: "What it is called.",
      validate: (title) => (title.length > 20 ? `"${title}" is longer than 20 characters` : null),
    }),
    folder: string({ required: true, replace: true, description: "Where it is kept. A note cannot move." }),
    body: string({ optional: true, default: "", description: "What it says." }),
    tags: set(string, {
      optional: true,
      description: "Words to find it by; case means nothing.",
      sameMeaning: (left, right) => lowered(left) === lowered(right),
      validateElement: (tag) => (tag.includes(" ") ? `"${tag}" has a space` : null),
    }),
    stars: number({ optional: true, description: "How good it is." }),
    labels: map(string, { optional: true, description: "Labels." }),
    links: list(
      object({
        url: string({ required: true, description: "Where to." }),
        checked: bool({ computed: true, description: "Whether somebody looked." }),
      }),
      { optional: true, description: "Links." },
    ),
    limits: object(
      {
        words: number({ required: true, description: "At most so many." }),
        unit: string({ optional: true, default: "words", description: "What is counted." }),
        summary: string({ computed: true, description: "In words." }),
      },
      { optional: true, description: "Limits." },
    ),
    passphrase: string({ optional: true, writeOnly: true, sensitive: true, description: "Never stored." }),
    id: string({ computed: true, description: "Number." }),
    secret: string({ computed: true, nullable: true, sensitive: true, description: "Shown once." }),
    revision: number({ computed: true, changesOnUpdate: true, description: "Counts changes." }),
  },
});

type Note = State<typeof noteSchema>;

/** The outside world of the provider. */
export class Notebook {
  readonly notes = new Map<string, Note>();
  readonly passphrases = new Map<string, string>();
  readonly calls: string[] = [];
  owner: string | null = null;
  /** Makes the next create fail after the note was made. */
  failAfterCreate = false;
  #nextId = 1;

  takeId(): string {
    return String(this.#nextId++);
  }
}

const resource = resourcesOf<Notebook>();

const note = resource({
  typeName: "notes_note",
  schema: noteSchema,
  identity: "id",
  upgrade: { 0: ({ name, ...rest }) => ({ ...rest, title: name ?? null }) },
  validate({ config, error }) {
    if (config.title === "forbidden" && config.body === "forbidden") {
      error("Too much is forbidden", { attribute: "body", detail: "Either title or body, not both." });
    }
  },
  plan({ planned, prior, config }) {
    const rotates = prior !== null && config.body === "rotate" && prior.body !== "rotate";
    return rotates ? { ...planned, secret: unknown } : planned;
  },
  planDelete({ state, warn }) {
    if (state.title === "precious") {
      warn("A precious note goes");
    }
  },
  async read({ state, client }) {
    client.calls.push(`read ${state.id}`);
    const found = client.notes.get(state.id);
    return found === undefined ? null : { ...found, secret: state.secret };
  },
  async create({ plan, config, client }) {
    client.calls.push("create");
    const id = client.takeId();
    const created: Note = { ...stored(plan), id, secret: `secret-${id}-1`, revision: 1 };
    client.notes.set(id, created);
    if (config.passphrase !== null) {
      client.passphrases.set(id, config.passphrase);
    }
    if (client.failAfterCreate) {
      client.failAfterCreate = false;
      return new Incomplete(created, new ProviderError("The notebook fell shut", { attribute: "title" }));
    }
    return created;
  },
  async update({ prior, plan, client }) {
    client.calls.push(`update ${prior.id}`);
    const revision = prior.revision + 1;
    const secret = plan.secret === prior.secret ? prior.secret : `secret-${prior.id}-${revision}`;
    const updated: Note = { ...stored(plan), id: prior.id, secret, revision };
    client.notes.set(prior.id, updated);
    return updated;
  },
  async delete({ state, client }) {
    client.calls.push(`delete ${state.id}`);
    client.notes.delete(state.id);
  },
  async import({ id, client }) {
    const found = client.notes.get(id);
    return found === undefined ? null : { ...found, secret: null };
  },
});

/** A provider on one notebook, which the test can look into. */
export function createNotesProvider(notebook: Notebook): Provider {
  return defineProvider({
    schema: schema({
      version: 0,
      description: "Notes in memory.",
      attributes: { owner: string({ optional: true, description: "Whose notes." }) },
    }),
    configure({ config }) {
      notebook.owner = typeof config.owner === "string" ? config.owner : null;
      return notebook;
    },
    hasAddress: (address) => address.endsWith("/notes"),
    resources: [note],
  });
}

/** What the notebook keeps of a plan; it lowers tags, as a server that normalises would. */
function stored(
  plan: Parameters<typeof storedLimits>[0] & NotePlan,
): Omit<Note, "id" | "secret" | "revision"> {
  return {
    title: plan.title,
    folder: plan.folder,
    body: plan.body,
    tags: plan.tags === null ? null : plan.tags.map((tag) => tag.toLowerCase()),
    stars: plan.stars,
    labels: plan.labels,
    links: plan.links === null ? null : plan.links.map(({ url }) => ({ url, checked: true })),
    limits: storedLimits(plan),
    passphrase: null,
  };
}

type NotePlan = Pick<Note, "title" | "folder" | "body" | "tags" | "stars" | "labels"> & {
  readonly links: readonly { readonly url: string }[] | null;
};

function storedLimits({
  limits,
}: {
  readonly limits: { readonly words: number; readonly unit: string } | null;
}): Note["limits"] {
  return limits === null
    ? null
    : { words: limits.words, unit: limits.unit, summary: `at most ${limits.words} ${limits.unit}` };
}

function lowered(tags: readonly string[]): string {
  return [...new Set(tags.map((tag) => tag.toLowerCase()))].sort().join(" ");
}
