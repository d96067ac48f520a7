import { Icon } from "./icon.tsx";

/** Text to take along, with a button that copies it where there is a script. */
export function CodeBlock(props: { readonly id: string; readonly title: string; readonly code: string }) {
  const { id, title, code } = props;
  return (
    <section class="code" aria-labelledby={`${id}-title`}>
      <div class="code-head">
        <h3 id={`${id}-title`}>{title}</h3>
        <button type="button" class="plain" data-copy={id} data-copied={`${title} copied`}>
          <Icon name="copy" /> Copy<span class="visually-hidden"> {title}</span>
        </button>
      </div>
      {/* Scrolls by itself where lines are long, so it takes the focus, for those who scroll by keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <pre tabindex={0} role="region" aria-labelledby={`${id}-title`}>
        <code id={id}>{code}</code>
      </pre>
    </section>
  );
}
