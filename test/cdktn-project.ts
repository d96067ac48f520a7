/**
 * What a program on the fork of cdktf says in its package.json. The bindings of the null provider ask for the original in a version that
 * the fork is past, which npm refuses (ERESOLVE) unless it is told that the fork is what is meant. docs/constructs.md shows it, and the
 * tests of the constructs run on it (`test/cdktn-setup.ts`).
 */
export const cdktnProject = {
  dependencies: {
    "@cdktf/provider-null": "^11.0.1",
    cdktf: "npm:cdktn@^0.24.0",
    constructs: "~10.7.0",
  },
  overrides: {
    "@cdktf/provider-null": { cdktf: "$cdktf" },
  },
};
