import { readFileSync } from "node:fs";
import { Client, type Credentials } from "../client/client.ts";
import { UsageError } from "./usage-error.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** The client of the server that the environment names, under the names that the Terraform provider uses as well. */
export function connect(variables: Variables): Client {
  const endpoint = variables["KEYWARD_ENDPOINT"] || "http://127.0.0.1:8400";
  if (!/^https?:\/\//.test(endpoint)) {
    throw new UsageError(
      `KEYWARD_ENDPOINT must be a URL such as https://keys.example.org, not ${JSON.stringify(endpoint)}`,
    );
  }
  const certificateFile = variables["KEYWARD_CA_CERT"];
  return new Client({
    endpoint,
    credentials: credentialsOf(variables),
    insecure: variables["KEYWARD_INSECURE"] === "true",
    ...(certificateFile ? { caCertificate: readFileSync(certificateFile, "utf8") } : {}),
    userAgent: "keyward-cli",
  });
}

function credentialsOf(variables: Variables): Credentials {
  const { KEYWARD_TOKEN: token, KEYWARD_USERNAME: username, KEYWARD_PASSWORD: password } = variables;
  if (token) {
    return { token };
  }
  if (username && password) {
    return { username, password };
  }
  throw new UsageError("set KEYWARD_TOKEN to an API key, or KEYWARD_USERNAME and KEYWARD_PASSWORD");
}
