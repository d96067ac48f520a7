/** The typed client of the API, and the question whether a key may pass: `keyward/client`. */
export * from "./client.ts";
export * from "./errors.ts";
export {
  createVerifier,
  type Question,
  type Verification,
  type VerifierOptions,
  type Verify,
} from "./verifier.ts";
