import { Construct } from "constructs";
import { apiKeyDescription, apiKeyName } from "../contract/user-api-keys.ts";
import type { Addresses } from "./addresses.ts";
import { type UserReference, userIdOf } from "./api-key-user.ts";
import type { Expiry } from "./expiry.ts";
import { checkId, checkProperty, reportFaults, reportWarnings } from "./faults.ts";
import { type TerraformProvider, Token } from "./framework.ts";
import { ApiKey as ApiKeyResource } from "./generated/api-key.ts";
import { DataKeywardApiKey } from "./generated/data-keyward-api-key.ts";
import { isLate, verbatim } from "./late.ts";
import { lateSuccession, type Rotation } from "./rotation.ts";
import { SecretOutput } from "./secret-output.ts";

/** A secret that the key is to have, in place of one that the server draws. */
export interface OwnSecret {
  /**
   * The secret: a token, such as that of an {@link EphemeralSecret} or of a variable that is ephemeral. Terraform stores it nowhere; a
   * literal would be synthesised into a file, and is an error.
   */
  readonly secret: string;
  /**
   * A whole number. Change it to give the key a new secret, which rotates it: the secret itself is kept nowhere to compare with.
   */
  readonly version: number;
}

/** What a key is to be. Tokens may stand for any value; they are checked when they are known. */
export interface ApiKeyProps {
  /**
   * The user that the key belongs to and whose rights it has: a construct, or the `id` of one. Another user is another key, not a rotation:
   * Terraform revokes the old one and then makes the new one. To have both for a moment, let it make first:
   * `key.resource.lifecycle = { createBeforeDestroy: true }`.
   */
  readonly user: UserReference;
  /** Name of the key, unique for its user, at most 128 characters. */
  readonly name: string;
  /** When the key ends. Required, so that a key without an end is one that somebody asked for: `Expiry.never()`. */
  readonly expiry: Expiry;
  /**
   * What the key is for, at most 2048 characters.
   *
   * @default - no description
   */
  readonly description?: string;
  /**
   * Where the key may be used from.
   *
   * @default - everywhere
   */
  readonly addresses?: Addresses;
  /**
   * When and how the key is succeeded by a new one with a new secret.
   *
   * @default - it is not
   */
  readonly rotation?: Rotation;
  /**
   * age public keys (`age1...`). With some, the secret is in the state only encrypted, for their owners alone to read.
   *
   * @default - the state holds the secret in clear
   */
  readonly recipients?: readonly string[];
  /**
   * A secret of your own. The state then holds none. Terraform or OpenTofu 1.11 or later.
   *
   * @default - the server draws one
   */
  readonly ownSecret?: OwnSecret;
  /**
   * The provider to make the key with, where there are several.
   *
   * @default - the stack's Keyward provider
   */
  readonly provider?: TerraformProvider;
}

/** Which key to look up. */
export interface ApiKeyLookupProps {
  /** The user that it belongs to. */
  readonly user: UserReference;
  /** Its name. */
  readonly name: string;
  /**
   * The provider to look it up with, where there are several.
   *
   * @default - the stack's Keyward provider
   */
  readonly provider?: TerraformProvider;
}

/** Marks constructs of this class across copies of the package, which `instanceof` would tell apart. */
const marker = Symbol.for("keyward/ApiKey");

/**
 * An API key. Its secret is a token that resolves at apply time; show it as a sensitive output, or hand it on with a
 * `PipelineSecret`:
 *
 *     const key = new ApiKey(this, "Deploy", { user: ci, name: "deploy", expiry: Expiry.after(days(90)) });
 *     key.outputSecret("deploy_secret"); // terraform output -raw deploy_secret
 *
 * Values that are wrong and known by then fail the synthesis with the words that the server would use.
 */
export class ApiKey extends Construct {
  /** The resource itself, for what this construct does not cover (lifecycle, overrides). */
  readonly resource: ApiKeyResource;
  /** How the secret leaves: in clear, encrypted for recipients, or not at all because it is the program's own. */
  readonly secretForm: "clear" | "encrypted" | "own";
  /** When the key ends. */
  readonly expiry: Expiry;
  /** When the key is succeeded; undefined where it is not. */
  readonly rotation: Rotation | undefined;

  /** Whether a value is such a construct, from whichever copy of the package. */
  static isApiKey(value: unknown): value is ApiKey {
    return typeof value === "object" && value !== null && marker in value;
  }

  /** Looks up a key that this program does not declare. Its secret is not known: the server showed it once. */
  static fromName(scope: Construct, id: string, props: ApiKeyLookupProps): ApiKeyLookup {
    return new ApiKeyLookup(scope, id, props);
  }

  constructor(scope: Construct, id: string, props: ApiKeyProps) {
    super(scope, id);
    Object.defineProperty(this, marker, { value: true });
    const { name, description, recipients, ownSecret, rotation, provider } = props;
    const user = userIdOf(props.user);
    this.expiry = props.expiry;
    this.rotation = rotation;
    this.secretForm = ownSecret !== undefined ? "own" : recipients !== undefined ? "encrypted" : "clear";
    this.#check(props, user);
    // The child's id is part of the contract: Terraform's address of the key is made from it.
    this.resource = new ApiKeyResource(this, "Resource", {
      user,
      name: verbatim(name),
      ...(description === undefined ? {} : { description: verbatim(description) }),
      ...expiryOf(props.expiry),
      ...listsOf(props.addresses),
      ...(rotation === undefined ? {} : { rotation: rotationOf(rotation) }),
      ...(recipients === undefined ? {} : { recipients: copyOf(recipients) }),
      ...(ownSecret === undefined ? {} : { secretWo: ownSecret.secret, secretWoVersion: ownSecret.version }),
      ...(provider === undefined ? {} : { provider }),
    });
  }

  /** The key's number on the server, as a token. A rotation gives another one. */
  get keyId(): string {
    return this.resource.id;
  }

  /**
   * The secret, as a token. Terraform knows that it is sensitive and keeps it in its state. Null for an imported key until its
   * next rotation, and for one with `recipients` or `ownSecret`.
   */
  get secret(): string {
    return this.resource.secret;
  }

  /** The secret encrypted for the key's `recipients`, in age's armoured form, as a token. Null without them. */
  get encryptedSecret(): string {
    return this.resource.encryptedSecret;
  }

  /** Adds an output that shows `<sensitive>` until somebody asks for it with `terraform output -raw NAME`. */
  outputSecret(name: string): SecretOutput {
    return new SecretOutput(this, "Secret", { key: this, name });
  }

  /** Takes over a key that is there already, by its number, in place of making one. Its secret stays unknown until it rotates. */
  importFrom(id: string, provider?: TerraformProvider): void {
    this.resource.importFrom(id, provider);
  }

  #check(props: ApiKeyProps, user: string): void {
    checkId(this, "user", user);
    checkProperty(this, "name", props.name, apiKeyName);
    checkProperty(this, "description", props.description, apiKeyDescription);
    reportFaults(this, "expiry", props.expiry.faults);
    reportFaults(this, "addresses", props.addresses?.faults ?? []);
    reportFaults(this, "rotation", props.rotation?.faults ?? []);
    reportWarnings(this, "addresses", props.addresses?.warnings ?? []);
    this.#checkOwnSecret(props);
    const late = lateSuccession(props.expiry, props.rotation);
    if (late !== undefined && props.rotation !== undefined && props.ownSecret === undefined) {
      reportWarnings(this, "rotation", [
        `the key ${late}: whoever uses it is refused until they have the new secret; write an age and an overlap that fit into the expiry`,
      ]);
    }
  }

  #checkOwnSecret(props: ApiKeyProps): void {
    const { ownSecret } = props;
    if (ownSecret === undefined) {
      return;
    }
    if (!isLate(ownSecret.secret)) {
      reportFaults(this, "ownSecret", [
        'the secret is written here and would be in cdk.tf.json in clear; give a token, such as new EphemeralSecret(this, "Secret").secret',
      ]);
    }
    if (!Token.isUnresolved(ownSecret.version) && !Number.isSafeInteger(ownSecret.version)) {
      reportFaults(this, "ownSecret", [
        `version ${ownSecret.version} is not a whole number; write 1, and 2 to rotate`,
      ]);
    }
    if (props.recipients !== undefined) {
      reportFaults(this, "recipients", [
        "whoever gives ownSecret has the secret already, so recipients have nothing to be sent; leave one of the two out",
      ]);
    }
    if (props.rotation?.age !== undefined) {
      reportFaults(this, "rotation", [
        "a key with ownSecret cannot be rotated by age, its next secret has to come from you; write Rotation.onChange and change ownSecret.version",
      ]);
    }
  }
}

/** A key that is looked up and not declared. Made by {@link ApiKey.fromName}. */
export class ApiKeyLookup extends Construct {
  /** The data source itself: `status`, `expiresAt`, `lastLoginAt` and more. */
  readonly dataSource: DataKeywardApiKey;

  constructor(scope: Construct, id: string, props: ApiKeyLookupProps) {
    super(scope, id);
    const user = userIdOf(props.user);
    checkId(this, "user", user);
    checkProperty(this, "name", props.name, apiKeyName);
    this.dataSource = new DataKeywardApiKey(this, "Data", {
      user,
      name: verbatim(props.name),
      ...(props.provider === undefined ? {} : { provider: props.provider }),
    });
  }

  /** The key's number on the server, as a token. */
  get keyId(): string {
    return this.dataSource.id;
  }
}

function expiryOf({ time, duration }: Expiry) {
  return {
    ...(time === undefined ? {} : { expiresAt: time }),
    ...(duration === undefined ? {} : { expiresIn: duration.text }),
  };
}

function listsOf(addresses: Addresses | undefined) {
  const { allowed, denied } = addresses ?? {};
  return {
    ...(allowed === undefined ? {} : { ipAllowList: copyOf(allowed) }),
    ...(denied === undefined ? {} : { ipDenyList: copyOf(denied) }),
  };
}

/** The resource may change its list, the caller keeps theirs. A token of a whole list has nothing to copy, and may be a text. */
function copyOf(list: readonly string[]): string[] {
  return Token.isUnresolved(list) ? Token.asList(list) : [...list];
}

function rotationOf({ age, overlap }: Rotation) {
  return { ...(age === undefined ? {} : { every: age.text }), overlap: overlap.text };
}
