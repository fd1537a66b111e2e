/** Bytes, texts and refusals: the few encodings the log is made of. Specification, section 2. */

import words from "words.json";

/** A refusal: a stable code, the message, where it was found and how to mend it. */
export class Refused extends Error {
  constructor(code, message, where = "", mend = "") {
    super(message);
    this.reason = { code, message, where, mend };
  }
}

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text) => encoder.encode(text);

/** The text in UTF-8 bytes; throws where they are not UTF-8. */
export const fromUtf8 = (bytes) => strict.decode(bytes);

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function same(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export function isZero(bytes) {
  return bytes.every((byte) => byte === 0);
}

export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function unhex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function b64(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

/** The bytes of base64 in its one canonical form, or null; `length`, where given, is how many there must be. */
export function unb64(text, length) {
  let binary;
  try {
    binary = atob(text);
  } catch {
    return null;
  }
  const bytes = Uint8Array.from(binary, (one) => one.charCodeAt(0));
  // Decoders differ over padding, spaces and left-over bits; our own encoding leaves one text for each value.
  return b64(bytes) === text && (length === undefined || bytes.length === length) ? bytes : null;
}

/** An unsigned number, most significant byte first. */
export function unsigned(value, bytes) {
  const out = new Uint8Array(bytes);
  let rest = BigInt(value);
  for (let at = bytes - 1; at >= 0; at--, rest >>= 8n) out[at] = Number(rest & 255n);
  return out;
}

export function fromBig(bytes) {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

export function fromLittle(bytes) {
  return fromBig(Uint8Array.from(bytes).reverse());
}

/** T(name): ASCII filled with zero bytes to exactly 32. */
export function tag(name) {
  const out = new Uint8Array(32);
  out.set(utf8(name));
  return out;
}

/** Whether an object has a field of its own; a field may be called what every object inherits. */
export const own = (object, name) => Object.prototype.hasOwnProperty.call(object, name);

/** A phrase with its {gaps} filled. */
export function fill(phrase, facts) {
  return phrase.replace(/\{([a-z]+)\}/g, (_, name) => facts[name]);
}

export { words };
