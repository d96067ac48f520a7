import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecimalText, numberFromText } from "../../../provider/plugin/numbers.ts";
import { type Attributes, list, map, number, object, set, string } from "../../../provider/plugin/schema.ts";
import { isUnknown, unknown } from "../../../provider/plugin/unknown.ts";
import { decodeObject, encodeObject, type ObjectValue } from "../../../provider/plugin/values.ts";
import { objectOf } from "./arbitraries.ts";
import { noteSchema } from "./notes-provider.ts";

const optional = { optional: true, description: "Test." } as const;
const nameAndId: Attributes = { id: string(optional), name: string(optional) };
const onlyNumber: Attributes = { n: number(optional) };

describe("a value", () => {
  test("reads back as it was written, unknowns of both kinds included", () => {
    fc.assert(
      fc.property(objectOf(noteSchema.attributes, true), (value) => {
        const bytes = encodeObject(noteSchema.attributes, value);
        const read = decodeObject(noteSchema.attributes, bytes);
        expect(read).toEqual(value);
        expect(hex(encodeObject(noteSchema.attributes, read))).toBe(hex(bytes));
      }),
    );
  });

  test("with an unknown part has the documented bytes", () => {
    expect(hex(encodeObject(nameAndId, { name: "x", id: unknown }))).toBe("82a26964d40000a46e616d65a178");
  });

  test("that is null is one byte, and so is an empty set within", () => {
    expect(hex(encodeObject(nameAndId, null))).toBe("c0");
    const tags: Attributes = { t: set(string, optional) };
    expect(hex(encodeObject(tags, { t: [] }))).toBe("81a17490");
  });

  test("of core's own making with a refined unknown goes back exact to the byte", () => {
    // name = "ci-${count.index}" in the validate walk of Terraform 1.11.4: not null, and starts with "ci-".
    const bytes = Buffer.from("82a26964c0a46e616d65d70c8201c202a363692d", "hex");
    const read = decodeObject(nameAndId, { msgpack: bytes, json: new Uint8Array() });
    expect(isUnknown(read?.["name"])).toBe(true);
    expect(hex(encodeObject(nameAndId, read))).toBe(bytes.toString("hex"));
  });

  test("has exactly the schema's names: what is missing is null, what is extra is left out", () => {
    const written = decode(encodeObject(nameAndId, { name: "x", stray: "y" }).msgpack);
    expect(written).toEqual({ id: null, name: "x" });
  });

  test("from core with a name that the schema lacks is refused", () => {
    const wire = { msgpack: encode({ name: "x", id: "y", other: 1 }), json: new Uint8Array() };
    expect(() => decodeObject(nameAndId, wire)).toThrow("value.other");
  });

  test("of the wrong kind is refused by its place, without showing it", () => {
    const wire = { msgpack: encode({ name: ["hush"], id: null }), json: new Uint8Array() };
    expect(() => decodeObject(nameAndId, wire)).toThrow(/^value\.name: not a string$/);
  });

  test("that is absent, or absent in both forms, is null", () => {
    expect(decodeObject(nameAndId, undefined)).toBeNull();
    expect(decodeObject(nameAndId, { msgpack: new Uint8Array(), json: new Uint8Array() })).toBeNull();
  });

  test("in JSON reads like the same value in MessagePack", () => {
    const attributes: Attributes = {
      names: set(string, optional),
      labels: map(string, optional),
      sizes: list(object({ w: number(optional), h: number(optional) }), optional),
    };
    const json = Buffer.from(
      '{"names":["a"],"labels":{"k":"v"},"sizes":[{"w":1.5,"gone":true}],"dropped":1}',
    );
    expect(decodeObject(attributes, { msgpack: new Uint8Array(), json })).toEqual({
      names: ["a"],
      labels: { k: "v" },
      sizes: [{ w: 1.5, h: null }],
    });
  });
});

describe("a number", () => {
  test.each([
    ["an integer", "2a", 42],
    ["a negative integer", "d1fc18", -1000],
    ["the largest safe integer", "cb433fffffffffffff", Number.MAX_SAFE_INTEGER],
    ["an int64 beyond 2^53", "cf7fffffffffffffff", 2n ** 63n - 1n],
    ["a uint64", "cfffffffffffffffff", 2n ** 64n - 1n],
    ["a float that is its own decimal", "cb3ff8000000000000", 1.5],
    ["decimal text", "a3302e31", 0.1],
    [
      "text of a huge integer",
      `be${Buffer.from("123456789012345678901234567890").toString("hex")}`,
      123456789012345678901234567890n,
    ],
    ["decimal text with superfluous zeros", `a5${Buffer.from("01.50").toString("hex")}`, 1.5],
    ["text with an exponent", `a4${Buffer.from("12e3").toString("hex")}`, 12_000],
    ["minus zero", "cb8000000000000000", 0],
  ])("that is %s keeps its digits", (_name, bytes, expected) => {
    expect(readNumber(bytes)).toBe(expected);
  });

  test("that is a float64 stands for its exact value, not for its shortest text", () => {
    const read = readNumber("cb3fb999999999999a");
    expect(read).toEqual(new DecimalText("0.1000000000000000055511151231257827021181583404541015625"));
  });

  test("with an exponent in JavaScript's text is still plain digits on the wire", () => {
    expect(writtenNumber(1e-7)).toBe("0.0000001");
    expect(readNumber(`a9${Buffer.from("0.0000001").toString("hex")}`)).toBe(1e-7);
    expect(writtenNumber(1.5e300)).toBe(BigInt(1.5e300).toString());
  });

  test("in JSON keeps digits that JSON.parse would round", () => {
    const json = Buffer.from('{"n": 9007199254740993}');
    expect(decodeObject(onlyNumber, { msgpack: new Uint8Array(), json })).toEqual({ n: 9007199254740993n });
  });

  test("in text means the same with and without an exponent", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }),
        fc.integer({ min: -30, max: 30 }),
        (digits, exponent) => {
          const plain = shifted(digits, exponent);
          expect(numberFromText(`${digits}e${exponent}`)).toEqual(numberFromText(plain));
        },
      ),
    );
  });

  test("that is not finite, or not a number, is refused", () => {
    expect(() => encodeObject(onlyNumber, { n: Number.NaN })).toThrow("finite");
    expect(() => readNumber("a3616263")).toThrow("not a number");
  });
});

/** The decimal digits of `digits` times ten to the power of `exponent`, with zeros to spare. */
function shifted(digits: bigint, exponent: number): string {
  const sign = digits < 0n ? "-" : "";
  const text = (digits < 0n ? -digits : digits).toString().padStart(40, "0");
  return exponent >= 0
    ? sign + text + "0".repeat(exponent)
    : `${sign}${text.slice(0, text.length + exponent)}.${text.slice(exponent)}`;
}

function readNumber(bytesOfNumber: string): unknown {
  const msgpack = Buffer.from(`81a16e${bytesOfNumber}`, "hex");
  return decodeObject(onlyNumber, { msgpack, json: new Uint8Array() })?.["n"];
}

function writtenNumber(value: number): unknown {
  const written = decode(encodeObject(onlyNumber, { n: value } satisfies ObjectValue).msgpack);
  return new Map(Object.entries(Object(written))).get("n");
}

function hex(wire: { readonly msgpack: Uint8Array }): string {
  return Buffer.from(wire.msgpack).toString("hex");
}
