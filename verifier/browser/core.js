/** Everything the tests ask the verifier for; the page itself uses `verify` alone. */

export * as audit from "./audit.js";
export * as bytes from "./bytes.js";
export * as canonical from "./canonical.js";
export * as crypto from "./crypto.js";
export * as notes from "./notes.js";
export * as pupil from "./pupil.js";
export * as tree from "./tree.js";
export { judge, readLog, verify } from "./verdict.js";
