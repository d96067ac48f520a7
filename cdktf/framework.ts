/**
 * The only import of cdktf. It is archived upstream and lives on as `cdktn` with the same symbols, so that a build for
 * the fork changes this line alone.
 */
export * from "cdktf";
