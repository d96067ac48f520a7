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

interface PageProps {
  readonly frame: PageFrame;
  readonly title: string;
  /** The part of the console that the page is in. */
  readonly section?: "users" | "api-keys" | "logs";
  readonly crumbs?: readonly Crumb[];
  /** Beside the heading: what can be done. */
  readonly actions?: Child;
  readonly children?: Child;
}

/** A whole page: what is around every screen, and the screen in it. */
export function Page({ frame, title, section, crumbs = [], actions, children }: PageProps) {
  return (
    <Document frame={frame} title={title}>
      <a class="skip" href="#content">
        Skip to content
      </a>
      <Header frame={frame} section={section} />
      <main id="content" tabindex={-1}>
        <div class="heading">
          <div>
            <Crumbs crumbs={crumbs} />
            <h1>{title}</h1>
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
  children,
}: {
  readonly frame: PageFrame;
  readonly title: string;
  readonly children?: Child;
}) {
  return (
    <Document frame={frame} title={title}>
      <main id="content" class="bare" tabindex={-1}>
        <p class="brand">
          <Icon name="key" /> Keyward
        </p>
        <h1>{title}</h1>
        {children}
      </main>
      <Footer frame={frame} />
    </Document>
  );
}

function Document(props: { readonly frame: PageFrame; readonly title: string; readonly children?: Child }) {
  const { frame, title, children } = props;
  return (
    <>
      {raw("<!doctype html>")}
      <html lang="en" data-theme={frame.theme}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>{`${title} · Keyward`}</title>
          <link rel="icon" href={icon} />
          <link rel="stylesheet" href={`${assetsPath}/${frame.assets.stylesheet}`} />
          <script src={`${assetsPath}/${frame.assets.script}`} defer />
        </head>
        <body>
          {children}
          <div id="announcement" class="visually-hidden" role="status" />
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
            {viewer.name}
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
            <a href={href}>{text}</a>
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
      <form method="post" action="/theme" class="themes">
        <input type="hidden" name="next" value={frame.here} />
        <fieldset>
          <legend>Appearance</legend>
          {themes.map(({ theme, text }) => (
            <button
              type="submit"
              name="theme"
              value={theme}
              class="plain"
              aria-pressed={theme === frame.theme}
            >
              {text}
            </button>
          ))}
        </fieldset>
      </form>
      <a href="/docs">API documentation</a>
    </footer>
  );
}
