import { Icon } from "./icon.tsx";

/** Text to take along, with a button that copies it where there is a script. */
export function CodeBlock(props: { readonly id: string; readonly title: string; readonly code: string }) {
  const { id, title, code } = props;
  return (
    <div class="code">
      <div class="code-head">
        <h3 id={`${id}-title`}>{title}</h3>
        <button type="button" class="plain" data-copy={id} data-copied={`${title} copied`}>
          <Icon name="copy" /> Copy<span class="visually-hidden"> {title}</span>
        </button>
      </div>
      {/* Scrolls by itself where lines are long, so it takes the focus, for those who scroll by keyboard. */}
      <section class="lines" tabindex={0} aria-labelledby={`${id}-title`}>
        <pre>
          <code id={id} dir="ltr">
            {code}
          </code>
        </pre>
      </section>
    </div>
  );
}
