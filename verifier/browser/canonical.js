/** Canonical JSON: one text for each value. Specification, section 2.3. */

import { Refused, fromUtf8, same, utf8 } from "./bytes.js";

const DEEPEST = 8;
const KEY = /^[a-z][a-z0-9_]*$/;
const FORBIDDEN = /[\u0000-\u001f]|\p{Surrogate}/u;

function refuse(message, where = "") {
  throw new Refused("canonical-json", message, where);
}

/** The object whose canonical bytes are exactly `bytes`. */
export function loads(bytes) {
  let value;
  try {
    value = JSON.parse(fromUtf8(bytes));
  } catch {
    refuse("This is not JSON of the profile");
  }
  // Duplicate keys, spaces, escapes, key order and inexact numbers do not survive being written again.
  if (!same(dumps(value), bytes)) refuse("This JSON is not in its one canonical form");
  return value;
}

/** The canonical bytes of an object of the profile. */
export function dumps(value) {
  if (!isObject(value)) refuse("The top level must be an object");
  check(value, "", 0);
  return utf8(write(value));
}

export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function check(value, path, depth) {
  if (typeof value === "string") {
    if (FORBIDDEN.test(value)) refuse("A string holds a control character or half a character", path);
  } else if (typeof value === "object" && value !== null) {
    if (depth > DEEPEST) refuse(`Values are nested more than ${DEEPEST} deep`, path);
    if (Array.isArray(value)) value.forEach((member, place) => check(member, `${path}[${place}]`, depth + 1));
    else
      for (const [key, member] of Object.entries(value)) {
        if (!KEY.test(key)) refuse("A key is not made of small letters, digits and underscores", path);
        check(member, path ? `${path}.${key}` : key, depth + 1);
      }
  } else if (typeof value === "number" && Number.isInteger(value)) {
    if (!Number.isSafeInteger(value)) refuse("A number is too large to be exact everywhere", path);
  } else if (typeof value !== "boolean") {
    refuse("Only texts, whole numbers, true, false, lists and objects are allowed", path);
  }
}

function write(value) {
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${write(value[key])}`);
  return `{${members.join(",")}}`;
}
