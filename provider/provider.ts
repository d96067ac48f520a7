import { Client, type Credentials } from "../client/client.ts";
import { Connection } from "./connection.ts";
import { apiKeyData, apiKeysData } from "./data-sources/api-keys.ts";
import { groupData } from "./data-sources/group.ts";
import { systemData } from "./data-sources/system.ts";
import { userData, usersData } from "./data-sources/users.ts";
import { apiKeyEphemeral } from "./ephemeral/api-key.ts";
import { secretEphemeral } from "./ephemeral/secret.ts";
import { addressAllowed } from "./functions/address-allowed.ts";
import { normalizeCidr } from "./functions/normalize-cidr.ts";
import { parseSecret } from "./functions/parse-secret.ts";
import { ProviderError } from "./plugin/diagnostics.ts";
import { defineProvider, type Provider } from "./plugin/resource.ts";
import { bool, type Problem, schema, string } from "./plugin/schema.ts";
import { isUnknown, type Unknown } from "./plugin/unknown.ts";
import { apiKey } from "./resources/api-key.ts";
import { group } from "./resources/group.ts";
import { groupMember } from "./resources/group-member.ts";
import { permission } from "./resources/permission.ts";
import { setting } from "./resources/setting.ts";
import { user } from "./resources/user.ts";

/** Where the provider is published; configurations name it as `keyward/keyward`. */
export const sourceAddress = "registry.terraform.io/keyward/keyward";

const providerSchema = schema({
  version: 0,
  description: "API keys declared as code, on a Keyward or VergeOS server.",
  attributes: {
    endpoint: string({
      optional: true,
      description: "The server's URL, such as `https://keys.example.com`. Defaults to `KEYWARD_ENDPOINT`.",
      validate: checkEndpoint,
    }),
    token: string({
      optional: true,
      sensitive: true,
      description:
        "An API key to work with. Defaults to `KEYWARD_TOKEN`. Wins over `username` and `password`.",
    }),
    username: string({
      optional: true,
      description: "The user to work as, with `password`. Defaults to `KEYWARD_USERNAME`.",
    }),
    password: string({
      optional: true,
      sensitive: true,
      description: "The password of `username`. Defaults to `KEYWARD_PASSWORD`.",
    }),
    insecure: bool({
      optional: true,
      description: "Whether to accept any certificate of the server. Only for tries on one machine.",
    }),
    ca_cert: string({
      optional: true,
      description:
        "PEM certificates of authorities to trust in place of the system's, for a server with its own.",
    }),
  },
});

/** The Keyward provider. `environment` stands in for what the configuration leaves out. */
export function createProvider(environment: Readonly<Record<string, string | undefined>>): Provider {
  return defineProvider({
    schema: providerSchema,
    validate({ config: { token, username, password }, warn }) {
      const isGiven = (value: unknown) => value !== null && !isUnknown(value);
      if (isGiven(token) && (isGiven(username) || isGiven(password))) {
        warn("The username and password have no effect", {
          attribute: isGiven(username) ? "username" : "password",
          detail:
            "The token decides who the provider works as. Give a token, or username and password, but not both.",
        });
      }
    },
    configure({ config, terraformVersion }): Connection {
      const setting = (name: "endpoint" | "token" | "username" | "password") =>
        known(name, config[name]) ?? (environment[`KEYWARD_${name.toUpperCase()}`] || undefined);
      const caCertificate = known("ca_cert", config.ca_cert);
      const client = new Client({
        endpoint: requireEndpoint(setting("endpoint")),
        credentials: requireCredentials(setting("token"), setting("username"), setting("password")),
        insecure: known("insecure", config.insecure) ?? false,
        ...(caCertificate === undefined ? {} : { caCertificate }),
        userAgent: `terraform-provider-keyward Terraform/${terraformVersion}`,
        retries: { attempts: 5, baseMs: 500 },
      });
      return new Connection(client);
    },
    // Its objects can be moved from wherever it was installed from: each server is a registry of its own.
    hasAddress: (address) => address.endsWith("/keyward/keyward"),
    resources: [apiKey, user, group, groupMember, permission, setting],
    dataSources: [apiKeyData, apiKeysData, userData, usersData, groupData, systemData],
    ephemeralResources: [apiKeyEphemeral, secretEphemeral],
    functions: [addressAllowed, normalizeCidr, parseSecret],
  });
}

function requireEndpoint(endpoint: string | undefined): string {
  if (endpoint === undefined) {
    throw new ProviderError("The server's endpoint is missing", {
      attribute: "endpoint",
      detail:
        "Set endpoint in the provider block, or KEYWARD_ENDPOINT, to a URL such as https://keys.example.com.",
    });
  }
  const problem = checkEndpoint(endpoint);
  if (problem !== null) {
    throw new ProviderError("The server's endpoint is not usable", {
      attribute: "endpoint",
      detail: problem,
    });
  }
  return endpoint;
}

function requireCredentials(
  token: string | undefined,
  username: string | undefined,
  password: string | undefined,
): Credentials {
  if (token !== undefined) {
    return { token };
  }
  if (username !== undefined && password !== undefined) {
    return { username, password };
  }
  throw new ProviderError("Credentials for the server are missing", {
    attribute: username === undefined ? "token" : "password",
    detail:
      "Set token (KEYWARD_TOKEN) to an API key, or both username and password (KEYWARD_USERNAME, KEYWARD_PASSWORD).",
  });
}

/** Core also configures a provider whose settings hang on resources that are not made yet. */
function known<T>(name: string, value: T | Unknown | null): T | undefined {
  if (isUnknown(value)) {
    throw new ProviderError(`The provider's ${name} is not known yet`, {
      attribute: name,
      detail: "It depends on something that is only known after apply. Apply that first, with -target.",
    });
  }
  return value === null ? undefined : value;
}

function checkEndpoint(endpoint: string): Problem {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url !== undefined && (url.username !== "" || url.password !== "")) {
    return "The URL holds credentials. Set them as token, or as username and password, where they are kept from view.";
  }
  return url !== undefined && /^https?:$/.test(url.protocol)
    ? null
    : `The value ${JSON.stringify(endpoint)} is not a URL that starts with https:// or http://.`;
}
