import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import { assetsPath } from "../assets.ts";
import type { PageFrame, Theme } from "../console-request.ts";
import { Icon, type IconName } from "./icon.tsx";

/** One step of the way to a page. */
export interface Crumb {
  readonly text: string;
  readonly href: string;
}

/** What a page is called: words of ours, or a name that somebody else chose, with ours around it. */
export type Title = string | { readonly before?: string; readonly name: string; readonly after?: string };

interface PageProps {
  readonly frame: PageFrame;
  readonly title: Title;
  /** Whether the page says what is wrong with what was sent. */
  readonly isFault?: boolean | undefined;
  /** The part of the console that the page is in. */
  readonly section?: "users" | "api-keys" | "logs";
  readonly crumbs?: readonly Crumb[];
  /** Beside the heading: what can be done. */
  readonly actions?: Child;
  readonly children?: Child;
}

/** A whole page: what is around every screen, and the screen in it. */
export function Page({ frame, title, section, crumbs = [], actions, isFault, children }: PageProps) {
  return (
    <Document frame={frame} title={title} isFault={isFault}>
      <a class="skip" href="#content">
        Skip to content
      </a>
      <Header frame={frame} section={section} />
      <main id="content" tabindex={-1}>
        <div class="heading">
          <div>
            <Crumbs crumbs={crumbs} />
            <Heading title={title} />
          </div>
          {actions === undefined ? null : <div class="actions">{actions}</div>}
        </div>
        {children}
      </main>
      <Footer frame={frame} />
    </Document>
  );
}

/** A page without the console around it, for those who are not signed in. */
export function BarePage({
  frame,
  title,
  isFault,
  children,
}: Omit<PageProps, "section" | "crumbs" | "actions">) {
  return (
    <Document frame={frame} title={title} isFault={isFault}>
      <main id="content" class="bare" tabindex={-1}>
        <p class="brand">
          <Icon name="key" /> Keyward
        </p>
        <Heading title={title} />
        {children}
      </main>
      <Footer frame={frame} />
    </Document>
  );
}

/** Names of others stand apart, so that letters which turn the direction of text turn nothing of ours. */
function Heading({ title }: { readonly title: Title }) {
  return typeof title === "string" ? (
    <h1>{title}</h1>
  ) : (
    <h1 dir="auto">
      {title.before}
      <bdi>{title.name}</bdi>
      {title.after}
    </h1>
  );
}

/** The same where there is no markup: U+2068 and U+2069 set a name apart (Unicode Standard Annex 9). */
function plainTitle(title: Title): string {
  return typeof title === "string"
    ? title
    : `${title.before ?? ""}\u2068${title.name}\u2069${title.after ?? ""}`;
}

function Document(props: Pick<PageProps, "frame" | "title" | "isFault" | "children">) {
  const { frame, title, isFault = false, children } = props;
  return (
    <>
      {raw("<!doctype html>")}
      <html lang="en" data-theme={frame.theme}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>{`${isFault ? "Error: " : ""}${plainTitle(title)} · Keyward`}</title>
          <link rel="icon" href={icon} />
          <link rel="stylesheet" href={`${assetsPath}/${frame.assets.stylesheet}`} />
          <script src={`${assetsPath}/${frame.assets.script}`} defer />
        </head>
        <body>
          {children}
          <div id="announcement" role="status" />
          <div id="murmur" class="visually-hidden" role="status" />
        </body>
      </html>
    </>
  );
}

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%233451b2'/%3E%3Cpath d='M9.8 3a3 3 0 0 0-2.9 3.9L3 10.8V13h2v-1.2h1.2v-1.2h1.2l.9-.9A3 3 0 1 0 9.8 3Z' fill='%23fff'/%3E%3C/svg%3E";

const sections: readonly { readonly id: string; readonly text: string; readonly icon: IconName }[] = [
  { id: "users", text: "Users", icon: "user" },
  { id: "api-keys", text: "API keys", icon: "key" },
  { id: "logs", text: "Logs", icon: "log" },
];

function Header({ frame, section }: { readonly frame: PageFrame; readonly section: string | undefined }) {
  const { viewer } = frame;
  return (
    <header class="bar">
      <a class="brand" href="/">
        <Icon name="key" /> Keyward
      </a>
      <nav aria-label="Main">
        {sections.map(({ id, text, icon: name }) => (
          <a href={`/${id}`} aria-current={id === section ? "page" : undefined}>
            <Icon name={name} /> {text}
          </a>
        ))}
      </nav>
      {viewer === undefined ? null : (
        <div class="account">
          <a href={`/users/${viewer.key}`}>
            <span class="visually-hidden">Signed in as </span>
            <bdi>{viewer.name}</bdi>
          </a>
          <form method="post" action="/logout">
            <button type="submit" class="plain">
              Sign out
            </button>
          </form>
        </div>
      )}
    </header>
  );
}

function Crumbs({ crumbs }: { readonly crumbs: readonly Crumb[] }) {
  return crumbs.length === 0 ? null : (
    <nav aria-label="Breadcrumb">
      <ol class="crumbs">
        {crumbs.map(({ text, href }) => (
          <li>
            <a href={href}>
              <bdi>{text}</bdi>
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}

const themes: readonly { readonly theme: Theme; readonly text: string }[] = [
  { theme: "system", text: "As the system" },
  { theme: "light", text: "Light" },
  { theme: "dark", text: "Dark" },
];

function Footer({ frame }: { readonly frame: PageFrame }) {
  return (
    <footer>
      {frame.isOnce ? <span /> : <Themes frame={frame} />}
      <a href="/docs">API documentation</a>
    </footer>
  );
}

function Themes({ frame }: { readonly frame: PageFrame }) {
  return (
    <form method="post" action="/theme" class="themes" data-theme>
      <input type="hidden" name="next" value={frame.here} />
      {frame.carried === undefined ? null : (
        <input type="hidden" name="carried" value={frame.carried} autocomplete="off" />
      )}
      <fieldset>
        <legend>Appearance</legend>
        {themes.map(({ theme, text }) => (
          <button type="submit" name="theme" value={theme} class="plain" aria-pressed={theme === frame.theme}>
            {text}
          </button>
        ))}
      </fieldset>
    </form>
  );
}
