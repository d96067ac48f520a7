import { Construct } from "constructs";
import { newUser, userType } from "../contract/users.ts";
import { checkProperty } from "./faults.ts";
import type { IResolvable, TerraformProvider } from "./framework.ts";
import { DataKeywardUser } from "./generated/data-keyward-user.ts";
import { User } from "./generated/user.ts";
import { type Grant, type GrantedRights, type GrantOptions, grantTo } from "./grant.ts";
import { verbatim } from "./late.ts";

/** A type of user, or a token of one. */
export type UserType = "normal" | "api" | "vdi" | (string & {});

/** What a user is to be. */
export interface ApiKeyUserProps {
  /** Login name, unique, at most 128 characters. The server keeps it in lower case. */
  readonly name: string;
  /**
   * `normal` for people, `api` for programs, `vdi` for virtual desktops. Another type is another user: changing it
   * replaces the user, and revokes its keys. A text, so that it may be a token; checked at synthesis where it is none.
   *
   * @default "normal"
   */
  readonly type?: UserType;
  /**
   * Name shown to people.
   *
   * @default - none
   */
  readonly displayName?: string;
  /**
   * E-mail address.
   *
   * @default - none
   */
  readonly email?: string;
  /**
   * Whether the user may authenticate. While it is false, every key of the user is refused.
   *
   * @default true
   */
  readonly enabled?: boolean | IResolvable;
  /**
   * The provider to make the user with, where there are several.
   *
   * @default - the stack's Keyward provider
   */
  readonly provider?: TerraformProvider;
}

/** Which user to look up. */
export interface UserLookupProps {
  /** Its login name. */
  readonly name: string;
  /**
   * The provider to look it up with, where there are several.
   *
   * @default - the stack's Keyward provider
   */
  readonly provider?: TerraformProvider;
}

/**
 * A user that API keys belong to: a program or a person. A key may do what its user may do, no more, so grant the user what
 * the key is for:
 *
 *     const ci = new ApiKeyUser(this, "Ci", { name: "ci-deploy", type: "api" });
 *     ci.grantRead("vms");
 *
 * A password, and administration of the whole system, are for the resource: `user.resource.passwordWo`, `physicalAccess`.
 */
export class ApiKeyUser extends Construct {
  /** The resource itself, for what this construct does not cover (lifecycle, overrides). */
  readonly resource: User;

  /** Looks up a user that this program does not declare. A plan fails where there is none. */
  static fromName(scope: Construct, id: string, props: UserLookupProps): UserLookup {
    return new UserLookup(scope, id, props);
  }

  constructor(scope: Construct, id: string, props: ApiKeyUserProps) {
    super(scope, id);
    const { name, type, displayName, email, enabled, provider } = props;
    checkProperty(this, "name", name, newUser.shape.name);
    checkProperty(this, "type", type, userType);
    checkProperty(this, "displayName", displayName, newUser.shape.displayname);
    checkProperty(this, "email", email, newUser.shape.email);
    this.resource = new User(this, "Resource", {
      name: verbatim(name),
      ...(type === undefined ? {} : { type }),
      ...(displayName === undefined ? {} : { displayname: verbatim(displayName) }),
      ...(email === undefined ? {} : { email: verbatim(email) }),
      ...(enabled === undefined ? {} : { enabled }),
      ...(provider === undefined ? {} : { provider }),
    });
  }

  /** The user's number on the server, as a token. */
  get userId(): string {
    return this.resource.id;
  }

  /** What rights are granted to, as a token. */
  get identity(): string {
    return this.resource.identity;
  }

  /** Grants rights on a table, on one row of it, or, with `/`, on everything. Grants on the same rows add up. */
  grant(table: string, rights: GrantedRights, options: GrantOptions = {}): Grant {
    return grantTo(this, table, rights, options);
  }

  /** Grants to list and to read a table, or one row of it. */
  grantRead(table: string, options: GrantOptions = {}): Grant {
    return grantTo(this, table, { list: true, read: true }, options);
  }

  /** Takes over a user that is there already, by its number, in place of making one. */
  importFrom(id: string, provider?: TerraformProvider): void {
    this.resource.importFrom(id, provider);
  }
}

/** A user that is looked up and not declared. Made by {@link ApiKeyUser.fromName}. */
export class UserLookup extends Construct {
  /** The data source itself. */
  readonly dataSource: DataKeywardUser;

  constructor(scope: Construct, id: string, props: UserLookupProps) {
    super(scope, id);
    const { name, provider } = props;
    checkProperty(this, "name", name, newUser.shape.name);
    this.dataSource = new DataKeywardUser(this, "Data", {
      name: verbatim(name),
      ...(provider === undefined ? {} : { provider }),
    });
  }

  /** The user's number on the server, as a token. */
  get userId(): string {
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

/** A user, as a property takes one: declared, looked up, of the generated bindings, or the `id` of one or a token of it. */
export type UserReference = ApiKeyUser | UserLookup | User | DataKeywardUser | string;

/** The number of the user that is meant. */
export function userIdOf(user: UserReference): string {
  if (typeof user === "string") {
    return user;
  }
  return "userId" in user ? user.userId : user.id;
}
