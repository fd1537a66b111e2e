/**
 * SHA-256 and Ed25519 from the browser (WebCrypto); what it does not have, or does not offer to a page opened from a
 * disk, from the noble libraries, which also give ML-DSA-44. `fallBack()` makes all of it noble's.
 */

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 as nobleSha256, sha512 } from "@noble/hashes/sha2.js";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";

let subtle = globalThis.crypto?.subtle;
let edwards = subtle !== undefined;

/** From now on nothing is asked of WebCrypto: for browsers without it, and for tests that compare the two. */
export function fallBack() {
  subtle = undefined;
  edwards = false;
}

export async function sha256(bytes) {
  return subtle ? new Uint8Array(await subtle.digest("SHA-256", bytes)) : nobleSha256(bytes);
}

export { sha512 };

export async function verifyEd25519(key, signature, message) {
  if (edwards) {
    try {
      const imported = await subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
      return await subtle.verify({ name: "Ed25519" }, imported, signature, message);
    } catch {
      edwards = false; // a browser with WebCrypto and without this curve
    }
  }
  try {
    return ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    return false;
  }
}

export function verifyMlDsa44(key, signature, message) {
  try {
    return ml_dsa44.verify(signature, message, key);
  } catch {
    return false;
  }
}
