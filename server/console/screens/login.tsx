import { BarePage } from "../components/layout.tsx";
import { Notice } from "../components/notice.tsx";
import type { PageFrame } from "../console-request.ts";

/** What the sign-in page shows besides its two fields. */
export interface LoginProps {
  readonly frame: PageFrame;
  /** Where to go afterwards: a path of this server. */
  readonly next: string;
  /** The fields of a form that was sent after the session ended, to be shown again; never passwords or secrets. */
  readonly carried?: string | undefined;
  readonly login?: string;
  readonly error?: string | undefined;
  readonly notice?: string | undefined;
  /** Whether others on the way can read the password. */
  readonly isOpen?: boolean;
}

/** The sign-in page. */
export function LoginScreen(props: LoginProps) {
  const { frame, next, carried = "", login = "", error, notice, isOpen = false } = props;
  return (
    <BarePage frame={frame} title="Sign in" isFault={error !== undefined}>
      {notice === undefined ? null : (
        <Notice tone="warning">
          <p>{notice}</p>
        </Notice>
      )}
      {error === undefined ? null : (
        <Notice tone="error">
          <p>{error}</p>
        </Notice>
      )}
      {isOpen ? (
        <Notice tone="warning">
          <p>
            This connection is not encrypted: others on the way can read the password, and copying needs a key
            press.
          </p>
        </Notice>
      ) : null}
      <form method="post" action="/login" class="card stack">
        <input type="hidden" name="next" value={next} />
        <input type="hidden" name="carried" value={carried} autocomplete="off" />
        <div class="field">
          <label for="login">User name</label>
          <input
            id="login"
            name="login"
            value={login}
            autocomplete="username"
            autofocus
            dir="auto"
            required
            maxlength={256}
          />
        </div>
        <div class="field">
          <label for="password">Password</label>
          <input
            id="password"
            type="password"
            name="password"
            autocomplete="current-password"
            required
            maxlength={256}
          />
        </div>
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
    </BarePage>
  );
}

/**
 * After a sign-in that interrupted a form: sends its fields to the form's own page, which shows them again and does nothing
 * with them until the user sends them.
 */
export function ResumeScreen(props: {
  readonly frame: PageFrame;
  readonly next: string;
  readonly carried: string;
}) {
  const { frame, next, carried } = props;
  return (
    <BarePage frame={frame} title="You are signed in">
      <form method="post" action={next} class="card stack" data-submit-now>
        <p>What you had filled in is still there. Nothing has been done with it yet.</p>
        {[...new URLSearchParams(carried)].map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <input type="hidden" name="do" value="restore" />
        <button type="submit" class="primary" autofocus>
          Back to the form
        </button>
      </form>
    </BarePage>
  );
}
