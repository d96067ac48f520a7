import type { Principal } from "./principal.ts";

/**
 * Who may see and change a user and its keys: a system administrator everything, anybody their own. The one place
 * where this is decided; whoever may not is answered as if the row were not there.
 */
export function mayManageKeysOf(principal: Principal, user: number): boolean {
  return principal.user.isSystemAdministrator || principal.user.key === user;
}

/** Who may create, change and delete users. */
export function mayManageUsers(principal: Principal): boolean {
  return principal.user.isSystemAdministrator;
}
