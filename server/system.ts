import { z } from "zod";
import { systemRow, type versionDocument, type whoami } from "../contract/system.ts";
import type { tableSchema } from "../contract/table.ts";
import type { Principal } from "./access/principal.ts";
import type { Database } from "./database.ts";
import { ApiError, notFound } from "./errors.ts";
import type { FoundAddress } from "./identity/client-address.ts";
import { showAddress } from "./identity/client-address.ts";
import { rightsOf } from "./identity/rights-of.ts";
import { readSettings } from "./settings.ts";

/**
 * The VergeOS release whose API this server speaks. Clients compare its major number and refuse any but 26; the minor
 * one is the first whose keys behave as ours do (address lists enforced, duplicates answered with 409).
 */
const vergeosVersion = "26.1.8";

/** The one row of table `system`. */
export async function systemInformation(database: Database): Promise<z.input<typeof systemRow>> {
  const settingOf = await readSettings(database);
  return {
    $key: 1,
    cloud_name: settingOf("cloud_name"),
    yb_version: vergeosVersion,
    os_version: vergeosVersion,
    branch: "keyward",
  };
}

/** The same by its key, which is 1. */
export function systemRowByKey(database: Database, key: string): Promise<z.input<typeof systemRow>> {
  if (key !== "1") {
    throw notFound();
  }
  return systemInformation(database);
}

/** What table `system` says of itself at `$table`. */
export async function describeSystem(
  database: Database,
  principal: Principal,
): Promise<z.input<typeof tableSchema>> {
  const rights = await rightsOf(database, principal.user);
  if (!rights.isSystemAdministrator) {
    throw new ApiError("forbidden", "the schemas of tables are for system administrators");
  }
  const fields = Object.entries(systemRow.shape).filter(([name]) => name !== "$key");
  return {
    name: "system",
    keyfield: "$key",
    display: "cloud_name",
    fields: fields.map(([name, schema]) => ({
      name,
      type: "string",
      readonly: true,
      required: false,
      description: z.globalRegistry.get(schema)?.description ?? "",
    })),
    actions: [],
  };
}

/** Who the caller is to the server. */
export async function describeCaller(
  database: Database,
  principal: Principal,
  found: FoundAddress,
): Promise<z.input<typeof whoami>> {
  const rights = await rightsOf(database, principal.user);
  const { user, apiKey } = principal;
  return {
    user: { $key: user.key, name: user.name },
    api_key: apiKey === undefined ? null : { $key: apiKey.key, secret_id: apiKey.secretId },
    address: showAddress(found.address),
    proxies: found.proxies.map(showAddress),
    unreadable_hop: found.unreadableHop ?? null,
    system_administrator: rights.isSystemAdministrator,
  };
}

/** What `/version.json` answers. */
export function versionInformation(): z.input<typeof versionDocument> {
  return { name: "Keyward", version: vergeosVersion, hash: "" };
}
