import { type Right, rights } from "../../contract/permissions.ts";

/** One permission row as far as deciding needs it. */
export interface Grant extends Readonly<Record<Right, boolean>> {
  /** Name of a table, or "/" for everything. */
  readonly table: string;
  /** Key of a row; 0 for the whole table. */
  readonly row: number;
}

/** Which rows of a table a right holds for: all, or those with these keys. */
export type Reach = "all" | ReadonlySet<number>;

/**
 * Tables that a grant on "/" does not open: every new user may list and read "/" (VergeOS' default rows), and whom keys
 * belong to, where they are used from and what everybody did is not for everybody. They take a grant of their own, or
 * a system administrator.
 */
const privateTables: ReadonlySet<string> = new Set(["user_api_keys", "logs"]);

/**
 * What a principal may do: the sum of what was granted to the user and to every group that the user is in, directly or
 * through other groups. A grant never takes another away, so more grants never mean fewer rights. Pure: decides from
 * what it was made with.
 */
export class Rights {
  readonly #grants: readonly Grant[];
  /** Whether every right on everything is held. */
  readonly isSystemAdministrator: boolean;

  constructor(grants: readonly Grant[], hasPhysicalAccess: boolean) {
    this.#grants = grants;
    this.isSystemAdministrator = hasPhysicalAccess || rights.every((right) => this.#holdsEverywhere(right));
  }

  /** The rows of a table that a right holds for. */
  reach(right: Right, table: string): Reach {
    const isOpen = !privateTables.has(table) && this.#holdsEverywhere(right);
    if (this.isSystemAdministrator || isOpen) {
      return "all";
    }
    const granted = this.#grants.filter((grant) => grant[right] && grant.table === table);
    return granted.some((grant) => grant.row === 0) ? "all" : new Set(granted.map((grant) => grant.row));
  }

  /** Whether a right holds for a row, or for a whole table when `row` is 0. */
  holds(right: Right, table: string, row: number): boolean {
    const reach = this.reach(right, table);
    return reach === "all" || reach.has(row);
  }

  /** Whether everything that a grant gives is held already: nobody gives away what they do not have. */
  covers(grant: Grant): boolean {
    return rights.every((right) => !grant[right] || this.#coversOne(right, grant));
  }

  /** Whether somebody with the other rights could do nothing that is not allowed here as well. */
  includes(other: Rights): boolean {
    return (
      this.isSystemAdministrator ||
      (!other.isSystemAdministrator && other.#grants.every((grant) => this.covers(grant)))
    );
  }

  #coversOne(right: Right, { table, row }: Grant): boolean {
    // Grants on everything add up to a system administrator, so nobody else gives any away, however small.
    return table === "/" ? this.isSystemAdministrator : this.holds(right, table, row);
  }

  #holdsEverywhere(right: Right): boolean {
    return this.#grants.some((grant) => grant.table === "/" && grant.row === 0 && grant[right]);
  }
}
