import { Construct } from "constructs";
import { rights as everyRight, newPermission, type Right } from "../contract/permissions.ts";
import { checkId, checkProperty, reportFaults } from "./faults.ts";
import type { TerraformProvider } from "./framework.ts";
import { Permission } from "./generated/permission.ts";
import { isLate } from "./late.ts";

/** Rights by name: `{ list: true, read: true }`. What is left out is not granted. */
export type GrantedRights = { readonly [right in Right]?: boolean };

/** Where a grant is more than one on a whole table. */
export interface GrantOptions {
  /**
   * The `id` of the one row that the rights are for.
   *
   * @default - all of the table
   */
  readonly row?: string;
  /**
   * Id of the construct below its user or group. Needed where the table or the row is a token, because ids are never made from
   * tokens.
   *
   * @default - made from table and row
   */
  readonly id?: string;
  /**
   * The provider to make the grant with, where there are several.
   *
   * @default - the stack's Keyward provider
   */
  readonly provider?: TerraformProvider;
}

/** What a grant declares. */
export interface GrantProps {
  /** The `identity` of the user or group. */
  readonly identity: string;
  /** Name of a table, such as `users` or `user_api_keys`, or `/` for everything. */
  readonly table: string;
  /** What is granted. */
  readonly rights: GrantedRights;
  /**
   * The `id` of the one row that the rights are for.
   *
   * @default - all of the table
   */
  readonly row?: string;
  /**
   * The provider to make the grant with, where there are several.
   *
   * @default - the stack's Keyward provider
   */
  readonly provider?: TerraformProvider;
}

/** Rights of one user or group on a table or one of its rows. Mostly made by `user.grant(...)` and `group.grant(...)`. */
export class Grant extends Construct {
  /** The resource itself, for what this construct does not cover. */
  readonly resource: Permission;
  readonly #granted: Set<Right>;

  constructor(scope: Construct, id: string, props: GrantProps) {
    super(scope, id);
    const { identity, table, row, rights, provider } = props;
    this.#granted = new Set(namesOf(rights));
    checkId(this, "identity", identity);
    if (!isLate(table)) {
      checkProperty(this, "table", table, newPermission.shape.table);
    }
    if (row !== undefined) {
      checkId(this, "row", row);
    }
    if (this.#granted.size === 0) {
      reportFaults(this, "rights", [`nothing is granted; write { list: true, read: true }, for instance`]);
    }
    this.resource = new Permission(this, "Resource", {
      identity,
      table,
      rights: this.rights,
      ...(row === undefined ? {} : { row }),
      ...(provider === undefined ? {} : { provider }),
    });
  }

  /** What is granted, in the server's order. */
  get rights(): Right[] {
    return everyRight.filter((right) => this.#granted.has(right));
  }

  /** Grants more on the same rows. Grants add up: there is nothing that takes one back but its removal from the program. */
  add(rights: GrantedRights): void {
    for (const right of namesOf(rights)) {
      this.#granted.add(right);
    }
    this.resource.rights = this.rights;
  }

  /** Takes over a permission that is there already, by its number, in place of making one. */
  importFrom(id: string, provider?: TerraformProvider): void {
    this.resource.importFrom(id, provider);
  }
}

/** Who can be granted something: a construct with an identity. */
interface Grantee extends Construct {
  readonly identity: string;
}

/**
 * The grant of a user or group on a table or row: made once below it, and added to from then on, so that two parts of a
 * program may grant on the same table.
 */
export function grantTo(
  grantee: Grantee,
  table: string,
  rights: GrantedRights,
  options: GrantOptions,
): Grant {
  const { id, row, provider } = options;
  const grantId = id ?? idOf(grantee, table, row);
  const existing = grantsOf(grantee).get(grantId);
  if (existing === undefined) {
    const grant = new Grant(grantee, grantId, {
      identity: grantee.identity,
      table,
      rights,
      ...(row === undefined ? {} : { row }),
      ...(provider === undefined ? {} : { provider }),
    });
    grantsOf(grantee).set(grantId, grant);
    return grant;
  }
  if (existing.resource.tableInput !== table || existing.resource.rowInput !== row) {
    throw new Error(
      `${grantee.node.path}: there is a grant ${JSON.stringify(grantId)} on other rows; give another id`,
    );
  }
  existing.add(rights);
  return existing;
}

const grants = new WeakMap<Construct, Map<string, Grant>>();

function grantsOf(grantee: Construct): Map<string, Grant> {
  const known = grants.get(grantee) ?? new Map<string, Grant>();
  grants.set(grantee, known);
  return known;
}

function idOf(grantee: Construct, table: string, row: string | undefined): string {
  if (isLate(table) || isLate(row)) {
    throw new Error(
      `${grantee.node.path}: ${isLate(table) ? "table" : "row"} is a token, from which no id is made; give the grant an id of its own: { id: "..." }`,
    );
  }
  const name = table === "/" ? "Everything" : table;
  return row === undefined ? `Grant-${name}` : `Grant-${name}-${row}`;
}

function namesOf(rights: GrantedRights): readonly Right[] {
  return everyRight.filter((right) => rights[right] === true);
}
