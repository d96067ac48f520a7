/**
 * Terraform's numbers are decimal with 512 bits; JavaScript's are binary with 53. A JavaScript number here stands for
 * its shortest decimal text (0.1 is "0.1"), and what cannot be said that way keeps its digits in another form.
 */

/** A number whose digits a JavaScript number would lose, as plain decimal text. */
export class DecimalText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Any number of Terraform's, exact. */
export type AnyNumber = number | bigint | DecimalText;

/** Longer text is refused before it is turned into a bigint, which takes quadratic time. */
const digitsMax = 1024;

const decimalPattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/** Reads decimal digits (null if it is something else), as core writes numbers that fit neither an int64 nor a float64. */
export function numberFromText(text: string): AnyNumber | null {
  const plain = text.length > digitsMax ? null : canonicalText(text);
  if (plain === null) {
    return null;
  }
  if (!plain.includes(".")) {
    return fromBigint(BigInt(plain));
  }
  const value = Number(plain);
  return plainText(value) === plain ? value : new DecimalText(plain);
}

/** The same number without exponent, superfluous zeros and plus sign; null if it is none. */
function canonicalText(text: string): string | null {
  const [match, sign = "", whole = "", fraction = "", exponentText = "0"] = decimalPattern.exec(text) ?? [];
  if (match === undefined || whole + fraction === "") {
    return null;
  }
  const point = whole.length + Number(exponentText);
  const digits = ("0".repeat(Math.max(-point, 0)) + whole + fraction).padEnd(point, "0");
  const before = digits.slice(0, Math.max(point, 0)).replace(/^0+/, "") || "0";
  const after = digits.slice(Math.max(point, 0)).replace(/0+$/, "");
  const plain = after === "" ? before : `${before}.${after}`;
  return sign === "-" && plain !== "0" ? `-${plain}` : plain;
}

/** Reads a float64 (null if it is not finite). It stands for exactly its binary value, not for its shortest text. */
export function numberFromFloat(value: number): AnyNumber | null {
  if (!Number.isFinite(value)) {
    return null;
  }
  if (Number.isInteger(value)) {
    return Number.isSafeInteger(value) ? integerOr(value) : BigInt(value);
  }
  const text = exactText(value);
  return text === plainText(value) ? value : new DecimalText(text);
}

/** A number where that is exact, else the bigint itself. */
export function fromBigint(value: bigint): AnyNumber {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

/** The shortest decimal digits of a number, without an exponent. */
export function plainText(value: number): string {
  const shortest = String(value);
  const [mantissa = "", exponentText] = shortest.split("e");
  if (exponentText === undefined) {
    return shortest;
  }
  const sign = mantissa.startsWith("-") ? "-" : "";
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const exponent = Number(exponentText);
  return exponent > 0
    ? sign + whole + fraction.padEnd(exponent, "0")
    : `${sign}0.${"0".repeat(-exponent - 1)}${whole}${fraction}`;
}

/** Minus zero is no number of Terraform's. */
function integerOr(value: number): number {
  return value === 0 ? 0 : value;
}

/** All digits of a float: it is an integer divided by a power of two, hence finite in decimal. */
function exactText(value: number): string {
  let scaled = Math.abs(value);
  let places = 0;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    places++;
  }
  const digits = (BigInt(scaled) * 5n ** BigInt(places)).toString().padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  return `${value < 0 ? "-" : ""}${digits.slice(0, -places)}.${fraction}`;
}
