import type { Child } from "hono/jsx";
import { cdktfProgram, type DeclaredKey, pakName, terraformProgram } from "../declaration.ts";
import { CodeBlock } from "./code-block.tsx";
import { Icon } from "./icon.tsx";
import { Notice } from "./notice.tsx";

/**
 * The one time that a secret is shown. Open without a script; with one it is modal, and closing it takes it out of the page;
 * `closedby` holds until the secret was copied or saved. Only two places hold the secret: the one to copy from, and the
 * snippet that cannot do without.
 */
export function CreatedDialog(props: {
  readonly secret: string;
  /** The key's own page. */
  readonly href: string;
  readonly name: string;
  /** Undefined where no declaration says what the key is. */
  readonly declared: DeclaredKey | undefined;
  /** Where the server is, such as `https://keys.example.org`. */
  readonly origin: string;
  readonly warnings: readonly string[];
  /** What a rotation has to say of the key before. */
  readonly predecessor?: Child;
}) {
  const { secret, href, name, declared, origin, warnings, predecessor } = props;
  return (
    <dialog open id="created" aria-labelledby="created-title" data-created={href} {...{ closedby: "none" }}>
      <div class="stack">
        <h2 id="created-title" tabindex={-1}>
          {predecessor === undefined ? "API key created" : "API key rotated"}
        </h2>
        <Notice tone="warning">
          <p>
            <strong>You will not see it again.</strong> Copy or save the secret now: the server keeps only a
            hash of it.
          </p>
        </Notice>
        {warnings.map((warning) => (
          <Notice tone="warning">
            <p>{warning}</p>
          </Notice>
        ))}
        {predecessor}
        <div>
          <p class="label" id="secret-label">
            Secret of <bdi>{name}</bdi>
          </p>
          <section class="secret" tabindex={0} aria-labelledby="secret-label">
            <code id="secret">{secret}</code>
          </section>
        </div>
        <SecretButtons name={name} href={href} />
        <p id="created-said" class="hint" role="status" />
        <details>
          <summary>How to use it</summary>
          <Snippets secret={secret} declared={declared} origin={origin} />
        </details>
      </div>
    </dialog>
  );
}

function SecretButtons({ name, href }: { readonly name: string; readonly href: string }) {
  return (
    <div class="actions">
      <button type="button" class="primary" data-copy="secret" data-copied="Secret copied" data-needs-script>
        <Icon name="copy" /> Copy
      </button>
      <button type="button" data-save="secret" data-file={pakName(name)} data-needs-script>
        <Icon name="save" />
        <span class="cut">
          Save as <bdi>{pakName(name)}</bdi>
        </span>
      </button>
      <a class="button" href={href} data-close>
        Done
      </a>
    </div>
  );
}

function Snippets(props: {
  readonly secret: string;
  readonly declared: DeclaredKey | undefined;
  readonly origin: string;
}) {
  const { secret, declared, origin } = props;
  const curl = `curl -H "Authorization: Bearer $KEYWARD_TOKEN" ${origin}/auth/whoami\n`;
  return (
    <div class="stack">
      <CodeBlock
        id="snippet-environment"
        title="Environment variable"
        code={`export KEYWARD_TOKEN=${secret}\n`}
      />
      <CodeBlock id="snippet-curl" title="curl" code={curl} />
      {declared === undefined ? null : (
        <>
          <CodeBlock id="snippet-terraform" title="Terraform" code={terraformProgram(declared, origin)} />
          <CodeBlock id="snippet-cdktf" title="CDKTF" code={cdktfProgram(declared, origin)} />
        </>
      )}
    </div>
  );
}
