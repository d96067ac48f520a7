import { z } from "zod";
import { jsonAnswer } from "./endpoint.ts";

const discovery = z
  .object({ "providers.v1": z.string().describe("Where the provider registry protocol is spoken.") })
  .meta({ id: "Discovery" });

const versions = z
  .object({
    versions: z.array(
      z.object({
        version: z.string(),
        protocols: z.array(z.string()),
        platforms: z.array(z.object({ os: z.string(), arch: z.string() })),
      }),
    ),
  })
  .meta({ id: "ProviderVersions" });

const packageLocation = z
  .object({
    protocols: z.array(z.string()),
    os: z.string(),
    arch: z.string(),
    filename: z.string(),
    download_url: z.string(),
    shasums_url: z.string(),
    shasums_signature_url: z.string().describe("A detached, binary OpenPGP signature."),
    shasum: z.string().describe("SHA-256 of the package, in hexadecimal."),
    signing_keys: z.object({
      gpg_public_keys: z.array(z.object({ key_id: z.string(), ascii_armor: z.string() })),
    }),
  })
  .meta({ id: "ProviderPackage" });

const packageParams = z.object({ version: z.string(), os: z.string(), arch: z.string() });

/** Terraform's service discovery and provider registry protocol: the server hands out its own provider. */
export const registry = {
  discovery: {
    operationId: "discoverServices",
    summary: "Tells Terraform where the provider registry is.",
    method: "get",
    path: "/.well-known/terraform.json",
    responses: { 200: jsonAnswer("The services.", discovery) },
  },
  versions: {
    operationId: "listProviderVersions",
    summary: "Lists the versions of the provider that this server has.",
    method: "get",
    path: "/registry/v1/providers/keyward/keyward/versions",
    responses: { 200: jsonAnswer("The versions.", versions) },
  },
  package: {
    operationId: "findProviderPackage",
    summary: "Says where the provider's package for a platform is, and who signed it.",
    method: "get",
    path: "/registry/v1/providers/keyward/keyward/{version}/download/{os}/{arch}",
    request: { params: packageParams },
    responses: { 200: jsonAnswer("The package.", packageLocation) },
  },
} as const;

/** What a package of the provider says of itself, as `npm run build` writes it beside the packages. */
export const packageIndex = z.object({
  version: z.string(),
  packages: z.array(z.object({ os: z.string(), arch: z.string(), filename: z.string(), shasum: z.string() })),
});
