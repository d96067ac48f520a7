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

  /** Whether users in general may be changed, as opposed to those of a part, or oneself. */
  get isUserAdministrator(): boolean {
    return this.holds("modify", "users", 0);
  }

  /**
   * Whether everything that a grant gives is held already: nobody gives away what they do not have. Grants on everything
   * add up to a system administrator, so nobody else gives any of them away, however small.
   */
  covers(grant: Grant): boolean {
    return grant.table === "/" ? this.isSystemAdministrator || isEmpty(grant) : this.#reachesAll(grant);
  }

  /**
   * Whether somebody with the other rights could do nothing that is not allowed here as well, so that acting as them gains
   * nothing. What reaches as far is enough: to act as somebody gives no right away, also none on everything.
   */
  includes(other: Rights): boolean {
    return (
      this.isSystemAdministrator ||
      (!other.isSystemAdministrator && other.#grants.every((grant) => this.#reachesAll(grant)))
    );
  }

  /**
   * Of a grant on everything each right must be held on everything: there are more tables than are known here, because
   * gateways ask about tables of their own.
   */
  #reachesAll(grant: Grant): boolean {
    const { table, row } = grant;
    const reaches = (right: Right) =>
      table === "/" ? this.#holdsEverywhere(right) : this.holds(right, table, row);
    return this.isSystemAdministrator || rights.every((right) => !grant[right] || reaches(right));
  }

  #holdsEverywhere(right: Right): boolean {
    return this.#grants.some((grant) => grant.table === "/" && grant.row === 0 && grant[right]);
  }
}

function isEmpty(grant: Grant): boolean {
  return rights.every((right) => !grant[right]);
}
