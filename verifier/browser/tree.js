/** The hash tree of the log and the files it is made of. Specification, section 3; RFC 6962. */

import { Refused, concat } from "./bytes.js";
import { sha256 } from "./crypto.js";

const WIDTH = 256;
const LONGEST_ENTRY = 65535;
const [LEAF, NODE] = [Uint8Array.of(0), Uint8Array.of(1)];

export const leafHash = (entry) => sha256(concat(LEAF, entry));
export const nodeHash = (left, right) => sha256(concat(NODE, left, right));

/** The root over leaf hashes. */
export async function rootOf(leaves) {
  if (!leaves.length) return sha256(new Uint8Array());
  let level = leaves;
  // A node without a partner goes up as it stands; this gives RFC 6962's tree.
  while (level.length > 1) {
    const pairs = [];
    for (let at = 0; at + 1 < level.length; at += 2) pairs.push(nodeHash(level[at], level[at + 1]));
    const above = await Promise.all(pairs);
    if (level.length % 2) above.push(level[level.length - 1]);
    level = above;
  }
  return level[0];
}

/** Path of file `number` of the entries; `width` below 256 for the last one. */
export function entriesPath(number, width) {
  const groups = [String(number % 1000).padStart(3, "0")];
  for (let rest = Math.floor(number / 1000); rest; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  }
  return `tile/entries/${groups.join("/")}${width === WIDTH ? "" : `.p/${width}`}`;
}

/** All entries of a log of `size`, from `read(path)`, one file at a time (V4, step 2). */
export async function readEntries(size, read, told = () => {}) {
  const entries = [];
  for (let number = 0; number * WIDTH < size; number++) {
    const width = Math.min(WIDTH, size - number * WIDTH);
    const path = entriesPath(number, width);
    const part = splitEntries(limited(await read(path), path));
    if (part.length !== width) {
      throw new Refused("bundle", "A file of entries has too many or too few", entriesPath(number, WIDTH));
    }
    entries.push(...part);
    told(entries.length, size);
  }
  return entries;
}

/** The entries in the bytes of an entry bundle. */
export function splitEntries(bytes) {
  const entries = [];
  for (let at = 0; at < bytes.length; ) {
    const length = at + 2 <= bytes.length ? (bytes[at] << 8) | bytes[at + 1] : Infinity;
    if (at + 2 + length > bytes.length) throw new Refused("bundle", "A file of entries ends in the middle of an entry");
    entries.push(bytes.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return entries;
}

function limited(bytes, where) {
  if (bytes.length > WIDTH * (LONGEST_ENTRY + 2)) {
    throw new Refused("log-unreadable", "A file of the log is larger than any may be", where.split("/").pop());
  }
  return bytes;
}
