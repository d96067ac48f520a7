import type { z } from "zod";
import type { systemRow, versionDocument } from "../contract/system.ts";

/**
 * The VergeOS release whose API this server speaks. Clients compare its major number and refuse any but 26; the minor
 * one is the first whose keys behave as ours do (address lists enforced, duplicates answered with 409).
 */
const vergeosVersion = "26.1.8";

/** The one row of table `system`. */
export function systemInformation(): z.input<typeof systemRow> {
  return {
    $key: 1,
    cloud_name: "Keyward",
    yb_version: vergeosVersion,
    os_version: vergeosVersion,
    branch: "keyward",
  };
}

/** What `/version.json` answers. */
export function versionInformation(): z.input<typeof versionDocument> {
  return { name: "Keyward", version: vergeosVersion, hash: "" };
}
