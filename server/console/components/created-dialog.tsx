import { type DeclaredKey, declareInCdktf, declareInTerraform, pakName } from "../declaration.ts";
import { CodeBlock } from "./code-block.tsx";
import { Icon } from "./icon.tsx";
import { Notice } from "./notice.tsx";

/**
 * The one time that a secret is shown. Open without a script; with one it is modal, and closing it takes it out of the page.
 * Only two places hold the secret: the one to copy from, and the snippet that cannot do without.
 */
export function CreatedDialog(props: {
  readonly secret: string;
  readonly declared: DeclaredKey;
  /** Where the server is, such as `https://keys.example.org`. */
  readonly origin: string;
  readonly warnings: readonly string[];
}) {
  const { secret, declared, origin, warnings } = props;
  const href = `/api-keys/${declared.key}`;
  return (
    <dialog open id="created" aria-labelledby="created-title" data-created={href}>
      <div class="stack">
        <h2 id="created-title" tabindex={-1}>
          API key created
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
        <div>
          <p class="label" id="secret-label">
            Secret of {declared.name}
          </p>
          <section class="secret" tabindex={0} aria-labelledby="secret-label">
            <code id="secret">{secret}</code>
          </section>
        </div>
        <div class="actions">
          <button
            type="button"
            class="primary"
            data-copy="secret"
            data-copied="Secret copied"
            data-needs-script
          >
            <Icon name="copy" /> Copy
          </button>
          <button type="button" data-save="secret" data-file={pakName(declared.name)} data-needs-script>
            <Icon name="save" /> Save as {pakName(declared.name)}
          </button>
          <a class="button" href={href} data-close>
            Done
          </a>
        </div>
        <p id="created-said" class="hint" role="status" />
        <details>
          <summary>How to use it</summary>
          <Snippets secret={secret} declared={declared} origin={origin} />
        </details>
      </div>
    </dialog>
  );
}

function Snippets(props: {
  readonly secret: string;
  readonly declared: DeclaredKey;
  readonly origin: string;
}) {
  const { secret, declared, origin } = props;
  const curl = `curl -H "Authorization: Bearer $KEYWARD_TOKEN" ${origin}/auth/whoami\n`;
  const provider = `provider "keyward" {\n  endpoint = ${JSON.stringify(origin)} # the token comes from KEYWARD_TOKEN\n}\n`;
  const construct = `new KeywardProvider(this, "Keyward", { endpoint: ${JSON.stringify(origin)} }); // the token comes from KEYWARD_TOKEN\n`;
  return (
    <div class="stack">
      <CodeBlock
        id="snippet-environment"
        title="Environment variable"
        code={`export KEYWARD_TOKEN=${secret}\n`}
      />
      <CodeBlock id="snippet-curl" title="curl" code={curl} />
      <CodeBlock
        id="snippet-terraform"
        title="Terraform"
        code={`${provider}\n${declareInTerraform(declared)}`}
      />
      <CodeBlock id="snippet-cdktf" title="CDKTF" code={`${construct}\n${declareInCdktf(declared)}`} />
    </div>
  );
}
