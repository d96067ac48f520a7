import type { IConstruct } from "constructs";
import { z } from "zod";
import { parseDuration, parseTime } from "../contract/time.ts";
import { ApiKey } from "./api-key.ts";
import type { Duration } from "./duration.ts";
import { Annotations, Aspects, type IAspect, TerraformResource, type TerraformStack } from "./framework.ts";
import { isLate, resolved } from "./late.ts";

/** Which rules hold. A rule that is left out is not asked for. */
export interface KeyPolicyProps {
  /**
   * The longest time that a key may be valid for: `expires_in`, or what is left until `expires_at`. A key that never ends is longer
   * than any.
   *
   * @default - any length
   */
  readonly maxLifetime?: Duration;
  /**
   * Whether each key has to have an allow list with an entry.
   *
   * @default false
   */
  readonly requireAllowList?: boolean;
  /**
   * Whether each key has to end some time.
   *
   * @default false
   */
  readonly forbidNever?: boolean;
  /**
   * Whether each key has to be rotated by age.
   *
   * @default false
   */
  readonly requireRotation?: boolean;
  /**
   * Whether a key that breaks a rule fails the synthesis, or is only warned of.
   *
   * @default "error"
   */
  readonly severity?: "error" | "warning";
}

/** Marks policies across copies of the package, which `instanceof` would tell apart. */
const marker = Symbol.for("keyward/KeyPolicy");

/**
 * Rules for all keys of a construct, a stack or an app:
 *
 *     Aspects.of(app).add(new KeyPolicy({ maxLifetime: days(90), requireAllowList: true }));
 *
 * Judges what is synthesised, so it sees keys of the generated bindings and overrides as well, and tokens that are known by then. A
 * value that is known only at apply is not judged.
 *
 * A stack has to have a {@link KeywardProvider} for the policies that were added above it, to its app or to a construct between.
 */
export class KeyPolicy implements IAspect {
  readonly #props: KeyPolicyProps;
  readonly #judged = new WeakSet<IConstruct>();

  /** Whether a value is a policy, from whichever copy of the package. */
  static isKeyPolicy(value: unknown): value is KeyPolicy {
    return typeof value === "object" && value !== null && marker in value;
  }

  constructor(props: KeyPolicyProps) {
    const faults = props.maxLifetime?.faults ?? [];
    if (faults.length > 0) {
      throw new Error(`KeyPolicy: maxLifetime: ${faults.join("; ")}`);
    }
    Object.defineProperty(this, marker, { value: true });
    this.#props = props;
  }

  /** Called by cdktf for each construct below the one that the policy was added to. */
  visit(node: IConstruct): void {
    if (!TerraformResource.isTerraformResource(node) || node.terraformResourceType !== "keyward_api_key") {
      return;
    }
    if (this.#judged.has(node)) {
      return;
    }
    this.#judged.add(node);
    const { scope } = node.node;
    const annotations = Annotations.of(ApiKey.isApiKey(scope) ? scope : node);
    for (const violation of violationsOf(synthesised(node), this.#props)) {
      if (this.#props.severity === "warning") {
        annotations.addWarning(violation);
      } else {
        annotations.addError(violation);
      }
    }
  }
}

/**
 * Judges the keys of a stack by the policies of its app and of whatever it is nested in. cdktf 0.21 visits the aspects of a stack and
 * of what is in it, and passes over those above it without a word: a policy that is asked for there would be none.
 */
export function judgeByPoliciesAbove(stack: TerraformStack): void {
  const policies = stack.node.scopes.flatMap((scope) => Aspects.of(scope).all.filter(KeyPolicy.isKeyPolicy));
  for (const policy of policies) {
    for (const node of stack.node.findAll()) {
      policy.visit(node);
    }
  }
}

/** What the rules look at, as far as it is known. Whatever else stands there is the provider's to check. */
const declaredKey = z.object({
  expires_at: z.unknown().optional(),
  expires_in: z.unknown().optional(),
  ip_allow_list: z.unknown().optional(),
  rotation: z.unknown().optional(),
});

type DeclaredKey = z.output<typeof declaredKey>;

function synthesised(resource: TerraformResource): DeclaredKey {
  const block = z.object({
    resource: z.record(z.string(), z.record(z.string(), declaredKey)),
  });
  const { resource: types } = block.parse(resolved(resource, resource.toTerraform()));
  return declaredKey.parse(types["keyward_api_key"]?.[resource.friendlyUniqueId] ?? {});
}

function violationsOf(key: DeclaredKey, props: KeyPolicyProps): readonly string[] {
  const { maxLifetime, requireAllowList, forbidNever, requireRotation } = props;
  const isEndless = isMissing(key.expires_at) && isMissing(key.expires_in);
  return [
    ...(forbidNever === true && isEndless
      ? [violation("forbidNever", "the key never ends", "give it an end, such as Expiry.after(days(90))")]
      : []),
    ...(maxLifetime === undefined ? [] : lifetimeViolations(key, isEndless, maxLifetime)),
    ...(requireAllowList === true && isEmpty(key.ip_allow_list)
      ? [
          violation(
            "requireAllowList",
            "the key may be used from any address",
            'say from where, such as Addresses.allow(["192.0.2.0/24"])',
          ),
        ]
      : []),
    ...(requireRotation === true && !isRotated(key.rotation)
      ? [
          violation(
            "requireRotation",
            "the key keeps its secret for ever",
            "rotate it by age, such as Rotation.every(days(30), { overlap: hours(48) })",
          ),
        ]
      : []),
  ];
}

function lifetimeViolations(key: DeclaredKey, isEndless: boolean, max: Duration): readonly string[] {
  const lifetime = isEndless ? "for ever" : tooLong(key, max.seconds ?? Number.POSITIVE_INFINITY);
  return lifetime === undefined
    ? []
    : [
        violation(
          `maxLifetime ${max}`,
          `the key is valid ${lifetime}`,
          `shorten it, to Expiry.after(Duration.parse("${max}")) at most`,
        ),
      ];
}

/** How long the key is valid, in words, when that is too long; undefined when it is not, or not known. */
function tooLong({ expires_in, expires_at }: DeclaredKey, maxSeconds: number): string | undefined {
  if (typeof expires_in === "string" && !isLate(expires_in)) {
    const duration = parseDuration(expires_in);
    return duration.ok && duration.seconds > maxSeconds ? `for ${expires_in}` : undefined;
  }
  if (typeof expires_at === "string" && !isLate(expires_at)) {
    // The one rule that looks at the clock: as time passes a key can only come to keep it.
    const time = parseTime(expires_at);
    return time.ok && time.seconds - Date.now() / 1000 > maxSeconds ? `until ${expires_at}` : undefined;
  }
  return undefined;
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null;
}

function isEmpty(list: unknown): boolean {
  return isMissing(list) || (Array.isArray(list) && !isLate(list) && list.length === 0);
}

function isRotated(rotation: unknown): boolean {
  return (
    isLate(rotation) ||
    (typeof rotation === "object" && rotation !== null && "every" in rotation && !isMissing(rotation.every))
  );
}

function violation(rule: string, problem: string, remedy: string): string {
  return `breaks the rule ${rule}: ${problem}; ${remedy}`;
}
