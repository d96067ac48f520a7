/** Constructs that declare API keys: `import { ApiKey, ApiKeyUser, Expiry, KeywardProvider } from "keyward/cdktf"`. */
export { Addresses, type AddressListsProps } from "./addresses.ts";
export {
  ApiKey,
  ApiKeyLookup,
  type ApiKeyLookupProps,
  type ApiKeyProps,
  type OwnSecret,
} from "./api-key.ts";
export {
  ApiKeyUser,
  type ApiKeyUserProps,
  UserLookup,
  type UserLookupProps,
  type UserReference,
  type UserType,
} from "./api-key-user.ts";
export { Duration, days, hours, minutes, seconds, weeks } from "./duration.ts";
export { EphemeralSecret, type EphemeralSecretProps } from "./ephemeral-secret.ts";
export { Expiry } from "./expiry.ts";
export { ApiKey as ApiKeyResource, type ApiKeyConfig as ApiKeyResourceConfig } from "./generated/api-key.ts";
export { DataKeywardApiKey, type DataKeywardApiKeyConfig } from "./generated/data-keyward-api-key.ts";
export { DataKeywardApiKeys, type DataKeywardApiKeysConfig } from "./generated/data-keyward-api-keys.ts";
export { DataKeywardGroup, type DataKeywardGroupConfig } from "./generated/data-keyward-group.ts";
export { DataKeywardSystem, type DataKeywardSystemConfig } from "./generated/data-keyward-system.ts";
export { DataKeywardUser, type DataKeywardUserConfig } from "./generated/data-keyward-user.ts";
export { DataKeywardUsers, type DataKeywardUsersConfig } from "./generated/data-keyward-users.ts";
export { Group as GroupResource, type GroupConfig as GroupResourceConfig } from "./generated/group.ts";
export { GroupMember, type GroupMemberConfig } from "./generated/group-member.ts";
export { Permission, type PermissionConfig } from "./generated/permission.ts";
export type { KeywardProviderConfig } from "./generated/provider.ts";
export { Setting, type SettingConfig } from "./generated/setting.ts";
export { User, type UserConfig } from "./generated/user.ts";
export { Grant, type GrantedRights, type GrantOptions, type GrantProps } from "./grant.ts";
export { Group, GroupLookup, type GroupLookupProps, type GroupProps, type Member } from "./group.ts";
export { KeyPolicy, type KeyPolicyProps } from "./key-policy.ts";
export { KeywardProvider } from "./keyward-provider.ts";
export { PipelineSecret, type PipelineSecretProps } from "./pipeline-secret.ts";
export { Rotation, type RotationProps } from "./rotation.ts";
export { SecretOutput, type SecretOutputProps } from "./secret-output.ts";
export {
  type CommandProps,
  command,
  type GithubActionsSecretProps,
  type GitlabVariableProps,
  githubActionsSecret,
  gitlabVariable,
  type PakFileProps,
  pakFile,
  type SecretTarget,
} from "./secret-target.ts";
