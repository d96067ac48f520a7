/** Constructs that declare API keys: `import { ApiKey, KeywardProvider, User } from "keyward/cdktf"`. */
export { ApiKey, type ApiKeyProps } from "./api-key.ts";
export { ApiKey as ApiKeyResource, type ApiKeyConfig as ApiKeyResourceConfig } from "./generated/api-key.ts";
export { DataKeywardApiKey, type DataKeywardApiKeyConfig } from "./generated/data-keyward-api-key.ts";
export { DataKeywardApiKeys, type DataKeywardApiKeysConfig } from "./generated/data-keyward-api-keys.ts";
export { DataKeywardGroup, type DataKeywardGroupConfig } from "./generated/data-keyward-group.ts";
export { DataKeywardSystem, type DataKeywardSystemConfig } from "./generated/data-keyward-system.ts";
export { DataKeywardUser, type DataKeywardUserConfig } from "./generated/data-keyward-user.ts";
export { DataKeywardUsers, type DataKeywardUsersConfig } from "./generated/data-keyward-users.ts";
export { Group, type GroupConfig } from "./generated/group.ts";
export { GroupMember, type GroupMemberConfig } from "./generated/group-member.ts";
export { Permission, type PermissionConfig } from "./generated/permission.ts";
export { KeywardProvider, type KeywardProviderConfig } from "./generated/provider.ts";
export { Setting, type SettingConfig } from "./generated/setting.ts";
export { User, type UserConfig } from "./generated/user.ts";
