import { BarePage, Page } from "../components/layout.tsx";
import type { PageFrame } from "../console-request.ts";

/** A page that says what went wrong, in the words of the failure, and the way out; around it the console, for whoever is signed in. */
export function ErrorScreen(props: {
  readonly frame: PageFrame;
  readonly title: string;
  readonly message: string;
}) {
  const { frame, title, message } = props;
  const content = (
    <div class="card stack narrow">
      <p data-failure>
        <bdi>{message}</bdi>
      </p>
      <p>
        <a href="/">To the start</a>
      </p>
    </div>
  );
  return frame.viewer === undefined ? (
    <BarePage frame={frame} title={title}>
      {content}
    </BarePage>
  ) : (
    <Page frame={frame} title={title}>
      {content}
    </Page>
  );
}
