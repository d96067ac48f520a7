/** The protobuf wire format: tags, varints and length-delimited bytes. Messages are in protobuf.ts. */

/** How a field's bytes are delimited. Groups (3, 4) are long gone from the format and are refused. */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** A 64-bit integer: a number where JavaScript holds it exactly, else a bigint. */
export type Integer = number | bigint;

const utf8Encoder = new TextEncoder();
/** Fatal: text that is not UTF-8 is a broken message, not one with replacement characters. */
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Appends fields to a buffer that grows by doubling. */
export class WireWriter {
  #buffer = new Uint8Array(64);
  #length = 0;

  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  tag(fieldNumber: number, type: number): void {
    this.varint(fieldNumber * 8 + type);
  }

  /** Negative numbers take ten bytes, as int64 does on the wire. */
  varint(value: Integer): void {
    if (typeof value === "number" && value >= 0 && Number.isSafeInteger(value)) {
      this.#varintOfNumber(value);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    this.#reserve(10);
    while (rest > 127n) {
      this.#buffer[this.#length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#buffer[this.#length++] = Number(rest);
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  string(value: string): void {
    this.bytes(utf8Encoder.encode(value));
  }

  #varintOfNumber(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest > 127) {
      this.#buffer[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#length++] = rest;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#buffer.length) {
      return;
    }
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

/** Reads fields from bytes; every read is bounded by the buffer, so a truncated message is an error. */
export class WireReader {
  readonly #buffer: Uint8Array;
  #position = 0;

  constructor(buffer: Uint8Array) {
    this.#buffer = buffer;
  }

  get done(): boolean {
    return this.#position >= this.#buffer.length;
  }

  tag(): { fieldNumber: number; type: number } {
    const tag = this.uint64();
    if (typeof tag === "bigint" || tag < 8 || tag > 0xffffffff) {
      throw new Error("protobuf: a field tag is out of range");
    }
    return { fieldNumber: Math.floor(tag / 8), type: tag % 8 };
  }

  /** A varint read as two's complement int64. */
  int64(): Integer {
    return toInteger(BigInt.asIntN(64, this.#varint()));
  }

  /** A varint read as uint64. */
  uint64(): Integer {
    const first = this.#buffer[this.#position];
    if (first !== undefined && first < 128) {
      this.#position++;
      return first;
    }
    return toInteger(this.#varint());
  }

  /** A view into the message, not a copy. */
  bytes(): Uint8Array {
    const length = this.uint64();
    if (typeof length === "bigint" || length > this.#buffer.length - this.#position) {
      throw new Error("protobuf: the message ends inside a field");
    }
    const start = this.#position;
    this.#position += length;
    return this.#buffer.subarray(start, this.#position);
  }

  string(): string {
    return utf8Decoder.decode(this.bytes());
  }

  /** Passes over a field that this version does not know. */
  skip(type: number): void {
    switch (type) {
      case wireType.varint:
        this.#varint();
        return;
      case wireType.bytes:
        this.bytes();
        return;
      case wireType.fixed64:
        this.#advance(8);
        return;
      case wireType.fixed32:
        this.#advance(4);
        return;
      default:
        throw new Error(`protobuf: wire type ${type} is not one that fields have`);
    }
  }

  #advance(count: number): void {
    if (count > this.#buffer.length - this.#position) {
      throw new Error("protobuf: the message ends inside a field");
    }
    this.#position += count;
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#buffer[this.#position];
      if (byte === undefined) {
        throw new Error("protobuf: the message ends inside a number");
      }
      this.#position++;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) {
        return BigInt.asUintN(64, value);
      }
    }
    throw new Error("protobuf: a number is longer than ten bytes");
  }
}

function toInteger(value: bigint): Integer {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
