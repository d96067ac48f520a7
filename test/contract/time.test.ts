import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatTime, parseTime } from "../../contract/time.ts";

describe("a time in the configuration", () => {
  test("is read back as the second it was written from, at any offset", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 253_402_300_799 }), (seconds) => {
        expect(parseTime(formatTime(seconds))).toEqual({ ok: true, seconds });
      }),
    );
    expect(parseTime("2027-01-31T02:00:00+02:00")).toEqual(parseTime("2027-01-31T00:00:00.000Z"));
  });

  test.each([
    ["2027-01-31", "is not an RFC 3339 time with an offset"],
    ["2027-01-31T00:00:00", "is not an RFC 3339 time with an offset"],
    ["31.01.2027", "is not an RFC 3339 time with an offset"],
    ["2027-02-30T00:00:00Z", "names a day or an hour that does not exist"],
    ["2027-01-31T25:00:00Z", "names a day or an hour that does not exist"],
    ["2027-01-31T00:00:00.5Z", "has a fraction of a second"],
    ["1960-01-01T00:00:00Z", "is before 1970"],
  ])("such as %j is refused with a reason", (text, reason) => {
    expect(parseTime(text)).toMatchObject({ ok: false, problem: expect.stringContaining(reason) });
  });
});
