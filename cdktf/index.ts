/** Constructs that declare API keys: `import { ApiKey, KeywardProvider, User } from "keyward/cdktf"`. */
export { ApiKey, type ApiKeyProps } from "./api-key.ts";
export { ApiKey as ApiKeyResource, type ApiKeyConfig as ApiKeyResourceConfig } from "./generated/api-key.ts";
export { KeywardProvider, type KeywardProviderConfig } from "./generated/provider.ts";
export { User, type UserConfig } from "./generated/user.ts";
