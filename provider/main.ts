import { serve } from "./plugin/serve.ts";

if (process.argv.includes("--help")) {
  process.stdout.write(`terraform-provider-keyward: API keys declared as code.

Terraform or OpenTofu starts this program; it takes no arguments. To use it, put its folder into a filesystem mirror or
a plugin directory and write:

  terraform {
    required_providers {
      keyward = { source = "registry.terraform.io/keyward/keyward" }
    }
  }

Environment: KEYWARD_ENDPOINT, and KEYWARD_TOKEN or KEYWARD_USERNAME and KEYWARD_PASSWORD.
Logs: TF_LOG_PROVIDER=DEBUG, or TRACE.
`);
} else {
  serve({
    name: "keyward",
    sourceAddress: "registry.terraform.io/keyward/keyward",
    load: async () => (await import("./provider.ts")).createProvider(process.env),
  });
}
