/** From a pupil's number to the one secret of a month, and to the answer in a set. Sections 2.1, 9, 10; V6, V7. */

import { ristretto255, ristretto255_hasher } from "@noble/curves/ed25519.js";
import { Refused, concat, fromLittle, isZero, same, tag, utf8 } from "./bytes.js";
import { sha256, sha512 } from "./crypto.js";

const SUITE = concat(Uint8Array.of(0xff), utf8("c2sp.org/vrf-r255"));
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const [REF, LABEL] = [tag("rollbook/ref/v1"), tag("rollbook/label/v1")];
const EMPTY = new Uint8Array(32);
const PUPIL_ID = /^(upn:[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]|uln:[0-9]{10})$/;
export const isMonth = (text) => /^[0-9]{4}-(0[1-9]|1[0-2])$/.test(text);

/** The identifier as the log writes it, from what a person types. */
export function parseIdentifier(text) {
  const value = text.replace(/\s/g, "");
  const colon = value.lastIndexOf(":");
  const number = value.slice(colon + 1).toUpperCase();
  const guess = /^[A-Z][0-9]{11}[0-9A-Z]$/.test(number) ? "upn" : /^[0-9]{10}$/.test(number) ? "uln" : "";
  const id = `${colon < 0 ? guess : value.slice(0, colon).toLowerCase()}:${number}`;
  if (!PUPIL_ID.test(id)) {
    const mend = "Give the Unique Pupil Number (a letter and twelve more characters) or the ten digits of a learner number.";
    throw new Refused("pupil-id", "This is not an identifier of a pupil", "", mend);
  }
  return id;
}

/** The input of the month's function for one pupil. */
export function alpha(epoch, pupilId) {
  return utf8(`rollbook/pupil-epoch/v1\0${epoch}\0${pupilId}`);
}

function point(bytes) {
  try {
    return ristretto255.Point.fromBytes(bytes); // refuses every encoding but the canonical one
  } catch {
    return null;
  }
}

export function isPublicKey(pk) {
  return pk.length === 32 && !isZero(pk) && point(pk) !== null;
}

/** The 64 bytes that `pi` proves for `input` under `pk` (V6). */
export function verifyVrf(pk, input, pi) {
  if (!isPublicKey(pk)) throw new Refused("vrf-key", "The month's public key is not a valid key");
  const mend = "The proof was made for another identifier or month, or it was changed.";
  const wrong = new Refused("vrf-proof", "The proof of the pupil's secret does not hold", "", mend);
  const [gamma, c, s] = [point(pi.slice(0, 32)), fromLittle(pi.slice(32, 48)), fromLittle(pi.slice(48))];
  if (pi.length !== 80 || s >= ORDER || gamma === null) throw wrong;
  const base = ristretto255_hasher.deriveToCurve(sha512(concat(SUITE, Uint8Array.of(0x82), pk, input)));
  const u = ristretto255.Point.BASE.multiplyUnsafe(s).subtract(point(pk).multiplyUnsafe(c));
  const v = base.multiplyUnsafe(s).subtract(gamma.multiplyUnsafe(c));
  const points = [pk, base.toBytes(), pi.slice(0, 32), u.toBytes(), v.toBytes()];
  const challenge = sha512(concat(SUITE, Uint8Array.of(0x02), ...points, Uint8Array.of(0)));
  if (!same(challenge.slice(0, 16), pi.slice(32, 48))) throw wrong;
  return sha512(concat(SUITE, Uint8Array.of(0x03), pi.slice(0, 32), Uint8Array.of(0)));
}

export const rowRef = (did, y) => sha256(concat(REF, did, y));
export const labelOf = async (did, y) => sha256(concat(LABEL, await rowRef(did, y)));

function refuse(why) {
  throw new Refused("trie-proof", `The proof of an answer does not hold: ${why}`);
}

function part(proof, at, length) {
  if (at + length > proof.length) refuse("it ends early");
  return proof.slice(at, at + length);
}

/** The siblings, root side first, and the end of the path that `proof` states for `label` (section 10). */
function decodeProof(proof, label) {
  const depth = part(proof, 0, 1)[0];
  const width = (depth + 7) >> 3;
  const bitmap = part(proof, 1, width);
  if (depth & 7 && bitmap[width - 1] >> (depth & 7)) refuse("its bitmap goes on below the path");
  let at = 1 + width;
  const siblings = [];
  for (let place = 0; place < depth; place++) {
    if (!((bitmap[place >> 3] >> (place & 7)) & 1)) {
      siblings.push(EMPTY);
      continue;
    }
    siblings.push(part(proof, at, 32));
    at += 32;
    if (isZero(siblings[place])) refuse("it sends an empty side explicitly");
  }
  const kind = part(proof, at, 1)[0];
  if (kind > 2) refuse("its end has an unknown kind");
  const other = kind === 1 ? part(proof, at + 1, 32) : null;
  if (at + 1 + (other ? 32 : 0) !== proof.length) refuse("it goes on after its end");
  if (other && (same(other, label) || !sharePath(other, label, depth))) refuse("the other label is not on this path");
  return { siblings, kind, other };
}

const bit = (label, at) => (label[at >> 3] >> (7 - (at & 7))) & 1;

function sharePath(one, other, depth) {
  for (let at = 0; at < depth; at++) if (bit(one, at) !== bit(other, at)) return false;
  return true;
}

/** Whether `label` is in the set with this `root`, as `proof` shows; refuses where it shows neither. */
export async function checkProof(proof, label, root) {
  const { siblings, kind, other } = decodeProof(proof, label);
  let node = kind === 0 ? EMPTY : await sha256(concat(Uint8Array.of(0), kind === 1 ? other : label));
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const sides = bit(label, depth) ? [siblings[depth], node] : [node, siblings[depth]];
    node = await sha256(concat(Uint8Array.of(1), ...sides));
  }
  if (!same(node, root)) refuse("it does not lead to the root in the log");
  return kind === 2;
}

/** How many labels a set of `n` pupils is filled up to; n and sizes are below 2^53. */
export function padded(n) {
  if (n <= 1024) return 1024;
  const exponent = BigInt(n).toString(2).length - 1;
  const step = 2 ** (exponent - exponent.toString(2).length);
  return Math.ceil(n / step) * step;
}

export const isPadded = (size) => size >= 1024 && padded(size) === size;

/** The smallest number of pupils whose padded size is `size`. */
export function smallest(size) {
  if (size <= 1024) return 0;
  let [low, high] = [Math.floor(size / 2), size];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (padded(middle) >= size) high = middle;
    else low = middle + 1;
  }
  return low;
}
