import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { message } from "../../../provider/plugin/protobuf.ts";
import {
  enumeration,
  field,
  type MessageType,
  mapOf,
  oneof,
  optional,
  repeated,
} from "../../../provider/plugin/protobuf-declaration.ts";
import { WireReader, WireWriter } from "../../../provider/plugin/protobuf-wire.ts";

const color = enumeration({ NONE: 0, RED: 1, BLUE: 7 });
const point = message({ x: field(1, "int64"), y: field(2, "int64") });
const everything = message({
  text: field(1, "string"),
  bytes: field(2, "bytes"),
  flag: field(3, "bool"),
  count: field(4, "int64"),
  small: field(5, "uint32"),
  color: field(6, color),
  point: field(7, point),
  maybe: optional(8, "string"),
  texts: repeated(9, "string"),
  points: repeated(10, point),
  sizes: mapOf(11, "int64"),
  named: mapOf(12, point),
  choice: oneof({ word: field(13, "string"), index: field(14, "int64") }),
  far: field(2000, "string"),
});

const int64 = fc
  .oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
  .map(toInteger);
const text = fc.string({ unit: "grapheme" });
const anyPoint = fc.record({ x: int64, y: int64 });
const anyMessage = fc.record({
  text,
  bytes: fc.uint8Array(),
  flag: fc.boolean(),
  count: int64,
  small: fc.nat(2 ** 31),
  color: fc.constantFrom("NONE", "RED", "BLUE" as const),
  point: fc.option(anyPoint, { nil: undefined }),
  maybe: fc.option(text, { nil: undefined }),
  texts: fc.array(text),
  points: fc.array(anyPoint),
  sizes: fc.dictionary(text, int64),
  named: fc.dictionary(text, anyPoint),
  choice: fc.option(
    fc.oneof(
      text.map((value) => ({ case: "word" as const, value })),
      int64.map((value) => ({ case: "index" as const, value })),
    ),
    { nil: undefined },
  ),
  far: text,
});

describe("a protobuf message", () => {
  test("reads back as it was written, whatever it holds", () => {
    fc.assert(
      fc.property(anyMessage, (value) => {
        expect(everything.decode(everything.encode(value))).toEqual(value);
      }),
    );
  });

  test("writes nothing for defaults", () => {
    const defaults = {
      text: "",
      bytes: new Uint8Array(),
      flag: false,
      count: 0,
      color: "NONE",
      texts: [],
    } as const;
    expect(hex(everything.encode(defaults))).toBe("");
  });

  test("writes a default where presence is tracked", () => {
    expect(hex(everything.encode({ maybe: "" }))).toBe("4200");
    expect(hex(everything.encode({ choice: { case: "index", value: 0 } }))).toBe("7000");
  });

  test("is the documented bytes for known examples", () => {
    expect(hex(message({ a: field(1, "int64") }).encode({ a: 150 }))).toBe("089601");
    expect(hex(message({ b: field(2, "string") }).encode({ b: "testing" }))).toBe("120774657374696e67");
    expect(hex(message({ c: field(3, point) }).encode({ c: { x: 150, y: 0 } }))).toBe("1a03089601");
    expect(hex(message({ a: field(1, "int64") }).encode({ a: -2 }))).toBe("08feffffffffffffffff01");
  });

  test("passes over fields that the declaration lacks", () => {
    const part = message({ text: field(1, "string"), far: field(2000, "string") });
    fc.assert(
      fc.property(anyMessage, (value) => {
        expect(part.decode(everything.encode(value))).toEqual({ text: value.text, far: value.far });
      }),
    );
  });

  test("passes over fixed-width fields, which no declaration has", () => {
    const bytes = Buffer.from("0d01020304" + "110102030405060708" + "1a0161", "hex");
    expect(message({ text: field(3, "string") }).decode(bytes)).toEqual({ text: "a" });
  });

  test("takes the last of a field that is sent twice", () => {
    expect(point.decode(Buffer.from("08010802", "hex"))).toEqual({ x: 2, y: 0 });
  });

  test("reads an enum's unknown number as its default", () => {
    expect(everything.decode(Buffer.from("3063", "hex")).color).toBe("NONE");
  });

  test("keeps a map key that is also a property of every object", () => {
    const entries = message({ sizes: mapOf(1, "int64") });
    const sizes = entries.decode(
      entries.encode({ sizes: JSON.parse('{"__proto__":7,"constructor":8}') }),
    ).sizes;
    expect(Object.entries(sizes)).toEqual([
      ["__proto__", 7],
      ["constructor", 8],
    ]);
  });

  test("is refused, never misread, when it is cut short", () => {
    const bytes = everything.encode({ text: "some text", point: { x: 300, y: 1 } });
    for (const length of [1, 3, 10, bytes.length - 1]) {
      expect(() => everything.decode(bytes.subarray(0, length))).toThrow("ends inside");
    }
  });

  test("ends in an answer or an error for any bytes at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          everything.decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });

  test("is refused when it is nested without end", () => {
    interface Nest {
      readonly inner: Nest | undefined;
    }
    const nest: MessageType<Nest> = message(() => ({ inner: field(1, nest) }));
    let bytes: Uint8Array = new Uint8Array();
    for (let depth = 0; depth < 100; depth++) {
      const writer = new WireWriter();
      writer.tag(1, 2);
      writer.bytes(bytes);
      bytes = writer.finish();
    }
    expect(() => nest.decode(bytes)).toThrow("nested more than");
  });
});

describe("a varint", () => {
  test("keeps every int64, as a number where that is exact", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const writer = new WireWriter();
        writer.varint(value);
        expect(new WireReader(writer.finish()).int64()).toBe(toInteger(value));
      }),
    );
  });

  test.each([
    [0, "00"],
    [127, "7f"],
    [128, "8001"],
    [2 ** 32, "8080808010"],
    [Number.MAX_SAFE_INTEGER, "ffffffffffffff0f"],
    [-1, "ffffffffffffffffff01"],
    [2n ** 63n - 1n, "ffffffffffffffff7f"],
  ])("of %s is %s", (value, expected) => {
    const writer = new WireWriter();
    writer.varint(value);
    expect(hex(writer.finish())).toBe(expected);
  });

  test("longer than ten bytes is refused", () => {
    expect(() => new WireReader(new Uint8Array(11).fill(0x80)).int64()).toThrow("longer than ten bytes");
  });
});

function toInteger(value: number | bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) + 0 : value;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
