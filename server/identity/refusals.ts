import { parseAddress } from "../../contract/address-rule.ts";
import { networkOf } from "./client-address.ts";

/** How many networks have a line of their own, for each kind of refusal, until the lines are taken. */
const networksMax = 5;

/** How many kinds are kept apart; there are as many as keys are refused for some reason within a second. */
const kindsMax = 1000;

/** Refusals of one kind. */
interface Crowd<Line> {
  readonly lines: Line[];
  readonly networks: Set<string>;
  /** How many came from networks that have no line. */
  further: number;
}

/**
 * Lines of the audit trail about refusals, until they are written. Strangers cause them, from as many addresses as they
 * have, so there is one for each network, and of a crowd of networks one for the rest.
 */
export class Refusals<Line extends { readonly address: string; readonly text: string }> {
  #crowds = new Map<string, Crowd<Line>>();

  /** Notes a refusal; `kind` says of what and why. */
  note(kind: string, line: Line): void {
    const crowd = this.#crowds.get(kind) ?? { lines: [], networks: new Set(), further: 0 };
    if (this.#crowds.size >= kindsMax && !this.#crowds.has(kind)) {
      return;
    }
    this.#crowds.set(kind, crowd);
    const address = parseAddress(line.address);
    const network = networkOf(address.ok ? address.value : undefined);
    if (crowd.networks.has(network)) {
      return;
    }
    if (crowd.networks.size >= networksMax) {
      crowd.further += 1;
      return;
    }
    crowd.networks.add(network);
    crowd.lines.push(line);
  }

  /** What is to be written now. */
  take(): readonly Line[] {
    const crowds = this.#crowds;
    this.#crowds = new Map();
    return [...crowds.values()].flatMap(({ lines, further }) => {
      const [line] = lines;
      return line === undefined || further === 0
        ? lines
        : [
            ...lines,
            { ...line, address: "", text: `${line.text}; ${further} more times from other networks` },
          ];
    });
  }
}
