import { Construct } from "constructs";
import { newGroup } from "../contract/groups.ts";
import { type ApiKeyUser, type UserLookup, userIdOf } from "./api-key-user.ts";
import { checkProperty } from "./faults.ts";
import type { IResolvable, TerraformProvider } from "./framework.ts";
import { DataKeywardGroup } from "./generated/data-keyward-group.ts";
import { Group as GroupResource } from "./generated/group.ts";
import { GroupMember } from "./generated/group-member.ts";
import { type Grant, type GrantedRights, type GrantOptions, grantTo } from "./grant.ts";
import { verbatim } from "./late.ts";

/** What a group is to be. */
export interface GroupProps {
  /** Name of the group, unique, at most 128 characters. */
  readonly name: string;
  /**
   * What the group is for.
   *
   * @default - no description
   */
  readonly description?: string;
  /**
   * E-mail address.
   *
   * @default - none
   */
  readonly email?: string;
  /**
   * Whether the group gives its rights to its members.
   *
   * @default true
   */
  readonly enabled?: boolean | IResolvable;
  /**
   * Who is in it from the start; {@link Group.addMember} adds others.
   *
   * @default - nobody
   */
  readonly members?: readonly Member[];
  /**
   * The provider to make the group with, where there are several.
   *
   * @default - the stack's Keyward provider
   */
  readonly provider?: TerraformProvider;
}

/** Which group to look up. */
export interface GroupLookupProps {
  /** Its name. */
  readonly name: string;
  /**
   * The provider to look it up with, where there are several.
   *
   * @default - the stack's Keyward provider
   */
  readonly provider?: TerraformProvider;
}

/** Who can be in a group: users, and other groups, declared or looked up. */
export type Member = ApiKeyUser | UserLookup | Group | GroupLookup;

/**
 * A group of users and of other groups: what is granted to it is granted to everybody in it.
 *
 *     const operators = new Group(this, "Operators", { name: "Operators", members: [ann, bob] });
 *     operators.grant("vms", { list: true, read: true, modify: true });
 */
export class Group extends Construct {
  /** The resource itself, for what this construct does not cover (lifecycle, overrides). */
  readonly resource: GroupResource;
  readonly #provider: TerraformProvider | undefined;
  readonly #members = new Map<string, Member>();

  /** Looks up a group that this program does not declare. A plan fails where there is none. */
  static fromName(scope: Construct, id: string, props: GroupLookupProps): GroupLookup {
    return new GroupLookup(scope, id, props);
  }

  constructor(scope: Construct, id: string, props: GroupProps) {
    super(scope, id);
    const { name, description, email, enabled, members, provider } = props;
    checkProperty(this, "name", name, newGroup.shape.name);
    checkProperty(this, "description", description, newGroup.shape.description);
    checkProperty(this, "email", email, newGroup.shape.email);
    this.#provider = provider;
    this.resource = new GroupResource(this, "Resource", {
      name: verbatim(name),
      ...(description === undefined ? {} : { description: verbatim(description) }),
      ...(email === undefined ? {} : { email: verbatim(email) }),
      ...(enabled === undefined ? {} : { enabled }),
      ...(provider === undefined ? {} : { provider }),
    });
    for (const member of members ?? []) {
      this.addMember(member);
    }
  }

  /** The group's number on the server, as a token. */
  get groupId(): string {
    return this.resource.id;
  }

  /** What rights are granted to, as a token. */
  get identity(): string {
    return this.resource.identity;
  }

  /**
   * Puts a user or another group into this one; twice is once. The membership's id is made from the member's, so it stays when
   * the order changes.
   */
  addMember(member: Member): void {
    const id = `Member-${member.node.id}`;
    const present = this.#members.get(id);
    if (present === member) {
      return;
    }
    if (present !== undefined) {
      throw new Error(
        `${this.node.path}: members ${present.node.path} and ${member.node.path} have the same construct id; rename one`,
      );
    }
    this.#members.set(id, member);
    new GroupMember(this, id, {
      group: this.groupId,
      ...("groupId" in member ? { memberGroup: member.groupId } : { user: userIdOf(member) }),
      ...(this.#provider === undefined ? {} : { provider: this.#provider }),
    });
  }

  /** Grants rights on a table, on one row of it, or, with `/`, on everything. Grants on the same rows add up. */
  grant(table: string, rights: GrantedRights, options: GrantOptions = {}): Grant {
    return grantTo(this, table, rights, options);
  }

  /** Grants to list and to read a table, or one row of it. */
  grantRead(table: string, options: GrantOptions = {}): Grant {
    return grantTo(this, table, { list: true, read: true }, options);
  }

  /** Takes over a group that is there already, by its number, in place of making one. */
  importFrom(id: string, provider?: TerraformProvider): void {
    this.resource.importFrom(id, provider);
  }
}

/** A group that is looked up and not declared. Made by {@link Group.fromName}. */
export class GroupLookup extends Construct {
  /** The data source itself. */
  readonly dataSource: DataKeywardGroup;

  constructor(scope: Construct, id: string, props: GroupLookupProps) {
    super(scope, id);
    const { name, provider } = props;
    checkProperty(this, "name", name, newGroup.shape.name);
    this.dataSource = new DataKeywardGroup(this, "Data", {
      name: verbatim(name),
      ...(provider === undefined ? {} : { provider }),
    });
  }

  /** The group's number on the server, as a token. */
  get groupId(): string {
    return this.dataSource.id;
  }

  /** What rights are granted to, as a token. */
  get identity(): string {
    return this.dataSource.identity;
  }

  /** Grants rights on a table, on one row of it, or, with `/`, on everything. Grants on the same rows add up. */
  grant(table: string, rights: GrantedRights, options: GrantOptions = {}): Grant {
    return grantTo(this, table, rights, options);
  }

  /** Grants to list and to read a table, or one row of it. */
  grantRead(table: string, options: GrantOptions = {}): Grant {
    return grantTo(this, table, { list: true, read: true }, options);
  }
}
