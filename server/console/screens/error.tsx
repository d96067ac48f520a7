import { BarePage } from "../components/layout.tsx";
import type { PageFrame } from "../console-request.ts";

/** A page that says what went wrong, in the words of the failure, and the way out. */
export function ErrorScreen(props: {
  readonly frame: PageFrame;
  readonly title: string;
  readonly message: string;
}) {
  const { frame, title, message } = props;
  return (
    <BarePage frame={frame} title={title}>
      <div class="card stack">
        <p>{message}</p>
        <p>
          <a href="/">To the start</a>
        </p>
      </div>
    </BarePage>
  );
}
