/** Says what is done, for somebody who looks on. */
export function tell(text: string): void {
  process.stdout.write(`\n${text}\n`);
}

/** Says what came of it. */
export function detail(text: string): void {
  process.stdout.write(`${text.replace(/^/gm, "   ")}\n`);
}

/** Ends the run where something is not as it has to be. */
export function hold(condition: boolean, requirement: string): void {
  if (!condition) {
    throw new Error(`a step did not hold: ${requirement}`);
  }
}

/** The line of a program's output that says how it ended. */
export function lastLine(output: string, start: string): string {
  const line = output.split("\n").findLast((candidate) => candidate.startsWith(start));
  return line ?? `no line that starts with ${start}`;
}
