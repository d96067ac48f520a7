import { Construct } from "constructs";
import { parseAddressList } from "../contract/address-list.ts";
import { parseTime } from "../contract/time.ts";
import { apiKeyDescription, apiKeyName } from "../contract/user-api-keys.ts";
import { Annotations, TerraformOutput, type TerraformProvider, Token } from "./framework.ts";
import { ApiKey as ApiKeyResource } from "./generated/api-key.ts";

/** What a key is to be. Tokens of other resources may stand for any value; they are checked when they are known. */
export interface ApiKeyProps {
  /** The `id` of the user that the key belongs to and whose rights it has. */
  readonly user: string;
  /** Name of the key, unique for its user, at most 128 characters. */
  readonly name: string;
  /**
   * What the key is for, at most 2048 characters.
   *
   * @default - no description
   */
  readonly description?: string;
  /**
   * When the key ends: a date, or an RFC 3339 time such as `2027-01-31T00:00:00Z`. Write a fixed time, not one counted
   * from now: that would be another time on each synthesis.
   *
   * @default - the key never expires
   */
  readonly expiresAt?: Date | string;
  /**
   * Addresses and CIDR blocks that the key may be used from. The allow list wins: beside one, the deny list has no
   * effect.
   *
   * @default - every address that the deny list does not name
   */
  readonly ipAllowList?: readonly string[];
  /**
   * Addresses and CIDR blocks that the key may not be used from.
   *
   * @default - none
   */
  readonly ipDenyList?: readonly string[];
  /**
   * The provider to make the key with, where there are several.
   *
   * @default - the stack's Keyward provider
   */
  readonly provider?: TerraformProvider;
}

/**
 * An API key. Its secret is a token that resolves at apply time; hand it on, or show it as a sensitive output:
 *
 *     const key = new ApiKey(this, "Deploy", { user: user.id, name: "deploy", expiresAt: "2027-01-31T00:00:00Z" });
 *     key.outputSecret("deploy_secret"); // terraform output -raw deploy_secret
 *
 * Throws at construction when a value is wrong that is known by then, with the words the server would use.
 */
export class ApiKey extends Construct {
  /** The resource itself, for what this construct does not cover (lifecycle, overrides). */
  readonly resource: ApiKeyResource;

  constructor(scope: Construct, id: string, props: ApiKeyProps) {
    super(scope, id);
    const { user, name, description, ipAllowList, ipDenyList, provider } = props;
    const expiresAt = toExpiresAt(props.expiresAt);
    this.#check("name", name, checkName(name));
    this.#check("description", description, checkDescription(description));
    this.#check("expiresAt", expiresAt, checkTime(expiresAt));
    this.#check("ipAllowList", ipAllowList, checkAddresses(ipAllowList));
    this.#check("ipDenyList", ipDenyList, checkAddresses(ipDenyList));
    if (hasEntries(ipAllowList) && hasEntries(ipDenyList)) {
      Annotations.of(this).addWarning(
        "ipDenyList has no effect beside ipAllowList, which alone decides: only the addresses on it are admitted",
      );
    }
    // The child's id is part of the contract: Terraform's address of the key is made from it.
    this.resource = new ApiKeyResource(this, "Resource", {
      user,
      name,
      ...(description === undefined ? {} : { description }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(ipAllowList === undefined ? {} : { ipAllowList: [...ipAllowList] }),
      ...(ipDenyList === undefined ? {} : { ipDenyList: [...ipDenyList] }),
      ...(provider === undefined ? {} : { provider }),
    });
  }

  /** The key's number on the server, as a token. */
  get keyId(): string {
    return this.resource.id;
  }

  /** The secret, as a token. Terraform knows that it is sensitive and keeps it in its state. */
  get secret(): string {
    return this.resource.secret;
  }

  /** Adds an output that shows `<sensitive>` until somebody asks for it with `terraform output -raw NAME`. */
  outputSecret(name: string): TerraformOutput {
    const output = new TerraformOutput(this, "Secret", {
      value: this.secret,
      sensitive: true,
      description: `Secret of API key ${this.node.path}`,
    });
    output.overrideLogicalId(name);
    return output;
  }

  #check(property: string, value: unknown, faults: readonly string[]): void {
    if (value !== undefined && faults.length > 0) {
      throw new Error(`${this.node.path}: ${property}: ${faults.join("; ")}`);
    }
  }
}

/** What cannot be known before apply is the server's to check. */
function isLate(value: unknown): boolean {
  return value === undefined || Token.isUnresolved(value);
}

function checkName(name: string): readonly string[] {
  const issues = isLate(name) ? undefined : apiKeyName.safeParse(name).error?.issues;
  return (issues ?? []).map((issue) => `${JSON.stringify(name)} ${issue.message}`);
}

function checkDescription(description: string | undefined): readonly string[] {
  const issues = isLate(description) ? undefined : apiKeyDescription.safeParse(description).error?.issues;
  return (issues ?? []).map((issue) => issue.message);
}

function checkTime(time: string | undefined): readonly string[] {
  if (time === undefined || isLate(time)) {
    return [];
  }
  const parsed = parseTime(time);
  return parsed.ok ? [] : [`${JSON.stringify(time)} ${parsed.problem}`];
}

function checkAddresses(entries: readonly string[] | undefined): readonly string[] {
  if (entries === undefined || isLate(entries)) {
    return [];
  }
  return parseAddressList(entries.filter((entry) => !isLate(entry))).faults;
}

function hasEntries(entries: readonly string[] | undefined): boolean {
  return entries !== undefined && (Token.isUnresolved(entries) || entries.length > 0);
}

function toExpiresAt(expiresAt: Date | string | undefined): string | undefined {
  if (expiresAt === undefined || typeof expiresAt === "string") {
    return expiresAt;
  }
  if (Number.isNaN(expiresAt.getTime())) {
    return "Invalid Date";
  }
  return expiresAt.toISOString().replace(/\.\d+Z$/, "Z");
}
