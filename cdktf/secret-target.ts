import { isLate } from "./late.ts";

/** What a secret is handed to: a command, and what it finds in its environment beside the secret. */
export interface SecretTarget {
  /**
   * What it is, for messages and for Terraform's plan; never a secret. A change of it, of the command or of a variable hands the secret
   * over again.
   */
  readonly name: string;
  /** Lines of POSIX shell, run with `-eu`. The secret is in `KEYWARD_SECRET`. */
  readonly command: string;
  /** Variables beside the secret. They are synthesised into `cdk.tf.json`: no secrets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether the target takes one line only, which an encrypted secret is not. */
  readonly isOneLine: boolean;
  /** What is wrong with how the target was described, in words; empty for nothing. */
  readonly faults: readonly string[];
}

/** A repository secret of GitHub Actions. */
export interface GithubActionsSecretProps {
  /** `OWNER/NAME`, or `HOST/OWNER/NAME` for an Enterprise Server. */
  readonly repository: string;
  /** Name of the secret, such as `DEPLOY_KEY`. */
  readonly name: string;
  /**
   * The deployment environment that the secret is for.
   *
   * @default - all of the repository
   */
  readonly environment?: string;
}

/**
 * A secret of GitHub Actions, set with the command line `gh`, which has to be on the PATH of whoever applies, and logged in
 * (`GH_TOKEN`). `gh` reads the secret from its standard input and encrypts it before it leaves the machine.
 */
export function githubActionsSecret(props: GithubActionsSecretProps): SecretTarget {
  const { repository, name, environment } = props;
  return {
    name: `GitHub Actions secret ${name} of ${repository}${environment === undefined ? "" : ` (${environment})`}`,
    command: `printf %s "$KEYWARD_SECRET" | gh secret set "$TARGET_NAME" --repo "$TARGET_REPOSITORY"${
      environment === undefined ? "" : ' --env "$TARGET_ENVIRONMENT"'
    }`,
    environment: {
      TARGET_REPOSITORY: repository,
      TARGET_NAME: name,
      ...(environment === undefined ? {} : { TARGET_ENVIRONMENT: environment }),
    },
    isOneLine: false,
    faults: [
      ...mustMatch(repository, /^([\w.-]+\/)?[\w.-]+\/[\w.-]+$/, "repository", "acme/website"),
      ...mustMatch(
        name,
        /^(?!GITHUB_)[A-Za-z_]\w*$/i,
        "name",
        "DEPLOY_KEY (letters, digits and _, not GITHUB_...)",
      ),
    ],
  };
}

/** A CI/CD variable of a GitLab project. */
export interface GitlabVariableProps {
  /** `GROUP/NAME`, with all groups between. */
  readonly project: string;
  /** Name of the variable, such as `DEPLOY_KEY`. */
  readonly name: string;
  /**
   * Whether job logs hide the value. GitLab can hide one line only, so a key with `recipients` needs `false`.
   *
   * @default true
   */
  readonly masked?: boolean;
  /**
   * Whether only protected branches and tags get the variable.
   *
   * @default true
   */
  readonly protected?: boolean;
  /**
   * The environments that get the variable.
   *
   * @default "*"
   */
  readonly environmentScope?: string;
}

/**
 * A CI/CD variable of GitLab, set with the command line `glab`, which has to be on the PATH of whoever applies, and logged in
 * (`GITLAB_TOKEN`). `glab` reads the secret from its standard input.
 */
export function gitlabVariable(props: GitlabVariableProps): SecretTarget {
  const { project, name, masked = true, protected: isProtected = true, environmentScope = "*" } = props;
  const rows = '"$TARGET_NAME" --repo "$TARGET_PROJECT" --scope "$TARGET_SCOPE"';
  return {
    name: `GitLab CI variable ${name} of ${project}`,
    // GitLab tells making a variable from changing it, so which of the two it is has to be asked first.
    command: [
      `if glab variable get ${rows} >/dev/null 2>&1; then verb=update; else verb=set; fi`,
      `printf %s "$KEYWARD_SECRET" | glab variable "$verb" ${rows} --masked=${masked} --protected=${isProtected} --raw`,
    ].join("\n"),
    environment: { TARGET_PROJECT: project, TARGET_NAME: name, TARGET_SCOPE: environmentScope },
    isOneLine: masked,
    faults: [
      ...mustMatch(project, /^[\w.-]+(\/[\w.-]+)+$/, "project", "acme/website"),
      ...mustMatch(name, /^[A-Za-z_]\w*$/, "name", "DEPLOY_KEY (letters, digits and _)"),
    ],
  };
}

/** A file with the secret. */
export interface PakFileProps {
  /** Where the file is, on the machine that applies. A relative path counts from Terraform's working directory. */
  readonly path: string;
}

/**
 * A `.PAK` file, as VergeOS hands keys out: the secret and a newline. Nobody but its owner can read it (mode 0600) from the moment
 * that it is there, and it is replaced in one step, so that a reader finds the old secret or the new one and never half of one.
 */
export function pakFile(props: PakFileProps): SecretTarget {
  return {
    name: `file ${props.path}`,
    command: [
      // A program would take a name that begins with a dash for an option.
      "case $TARGET_PATH in -*) TARGET_PATH=./$TARGET_PATH ;; esac",
      // The file would be moved into a folder of that name, where nobody looks for it.
      'if [ -d "$TARGET_PATH" ]; then',
      '  echo "$TARGET_PATH is a folder; path has to name the file, such as $TARGET_PATH/deploy.PAK" >&2',
      "  exit 1",
      "fi",
      "umask 077",
      'new=$(mktemp "$TARGET_PATH.XXXXXX")',
      `trap 'rm -f "$new"' EXIT`,
      'printf "%s\\n" "$KEYWARD_SECRET" > "$new"',
      'mv -f "$new" "$TARGET_PATH"',
    ].join("\n"),
    environment: { TARGET_PATH: props.path },
    isOneLine: false,
    faults: mustMatch(props.path, /[^/]$/, "path", "/run/secrets/deploy.PAK"),
  };
}

/** What a command of one's own may be told. */
export interface CommandProps {
  /**
   * Variables beside the secret, which is in `KEYWARD_SECRET`. They are synthesised into `cdk.tf.json`: no secrets.
   *
   * @default - none
   */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * A command of one's own: POSIX shell, run with `-eu`, that finds the secret in `KEYWARD_SECRET` and exits with 0 only when
 * it is delivered. Hand the secret on through standard input or the environment, because the parameters of a command can be seen by
 * everybody on the machine: `printf %s "$KEYWARD_SECRET" | vault kv put secret/deploy value=-`. That is not checked: only a shell
 * can tell what is a parameter of a program. `KEYWARD_TOKEN` and `KEYWARD_PASSWORD` of whoever applies are not handed on.
 */
export function command(text: string, props: CommandProps = {}): SecretTarget {
  return {
    name: "a command",
    command: text,
    environment: props.environment ?? {},
    isOneLine: false,
    faults: [
      ...(text.trim() === "" ? ["the command is empty"] : []),
      ...Object.keys(props.environment ?? {})
        .filter((name) => name.startsWith("KEYWARD_") || !/^[A-Za-z_]\w*$/.test(name))
        .map(
          (name) => `environment: ${JSON.stringify(name)} is not free to use; write a name such as TARGET`,
        ),
    ],
  };
}

function mustMatch(value: string, pattern: RegExp, property: string, example: string): readonly string[] {
  return isLate(value) || pattern.test(value)
    ? []
    : [`${property}: ${JSON.stringify(value)} is not one; write something like ${example}`];
}
