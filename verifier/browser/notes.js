/** The policy file, signed notes and checkpoints. Specification, sections 4 and 6, V1 and V2. */

import { Refused, concat, fromBig, fromUtf8, hex, same, unb64, unsigned, utf8 } from "./bytes.js";
import { sha256, verifyEd25519, verifyMlDsa44 } from "./crypto.js";

const [ED25519, ED25519_TIMED, ML_DSA_TIMED] = [0x01, 0x04, 0x06];
const KEY_BYTES = { [ED25519]: 32, [ED25519_TIMED]: 32, [ML_DSA_TIMED]: 1312 };
const SIGNATURE_BYTES = { [ED25519]: 64, [ED25519_TIMED]: 72, [ML_DSA_TIMED]: 2428 };
export const LONGEST_NOTE = 131072;
const MOST_LINES = 64;
// White space is spelled out: what a language counts as such differs, and the name of a key may hold none.
const LINE = /^— ([^ \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000+]+) ([A-Za-z0-9+/=]+)$/;
export const FUTURE_SECONDS = 600;
const FRESH_SECONDS = 86400;

/** The key written `name+id+key`, or null. */
export async function parseKey(text) {
  const [name, id, ...rest] = text.split("+");
  const data = unb64(rest.join("+"));
  if (!name || name.includes(" ") || !data || data.length - 1 !== KEY_BYTES[data[0]]) return null;
  const key = { name, type: data[0], public: data.slice(1) };
  key.id = (await sha256(concat(utf8(name), utf8("\n"), data))).slice(0, 4);
  return hex(key.id) === id ? key : null;
}

function badPolicy(message, where) {
  const mend = "Take the policy file that was released with the verifier.";
  return new Refused("policy", message, where, mend);
}

/** The policy written in `text`: logs, witnesses, groups and quorum (null for none). */
export async function parsePolicy(text) {
  const policy = { logs: [], witnesses: new Map(), groups: new Map(), quorums: [], grouped: new Set() };
  for (const [place, line] of text.split("\n").entries()) {
    const where = `line ${place + 1}`;
    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(line)) throw badPolicy("A control character stands in this line", where);
    const line_words = line.match(/[^ \t]+/g) ?? [];
    if (line_words.length && !line_words[0].startsWith("#")) await readPolicyLine(policy, line_words, where);
  }
  if (!policy.logs.length || policy.quorums.length !== 1) {
    throw badPolicy("A policy names at least one log and exactly one quorum", "end");
  }
  return { ...policy, quorum: policy.quorums[0] === "none" ? null : policy.quorums[0] };
}

async function readPolicyLine(policy, [word, ...rest], where) {
  if (word === "log" && (rest.length === 1 || rest.length === 2)) {
    const key = await policyKey(rest[0], where);
    if (policy.logs.some((known) => same(known.public, key.public))) throw badPolicy("The same log key stands twice", where);
    policy.logs.push(key);
  } else if (word === "witness" && (rest.length === 2 || rest.length === 3)) {
    addWitness(policy, rest[0], await policyKey(rest[1], where), where);
  } else if (word === "group" && rest.length >= 3) {
    addGroup(policy, rest[0], rest[1], rest.slice(2), where);
  } else if (word === "quorum" && rest.length === 1) {
    if (rest[0] !== "none" && !isNamed(policy, rest[0])) {
      throw badPolicy("The quorum names nothing that stands above it", where);
    }
    policy.quorums.push(rest[0]);
  } else throw badPolicy("This line is not a log, witness, group or quorum", where);
}

async function policyKey(text, where) {
  const key = await parseKey(text);
  if (!key) throw badPolicy("The key is not a verifier key of a known type", where);
  return key;
}

function isNamed(policy, name) {
  return policy.witnesses.has(name) || policy.groups.has(name);
}

function addWitness(policy, name, key, where) {
  if (name === "none" || isNamed(policy, name)) throw badPolicy("This name is taken", where);
  // One key under two names would let one operator count twice.
  const known = [...policy.witnesses.values()].some((other) => same(other.public, key.public));
  if (key.type === ED25519 || known) throw badPolicy("A witness needs a cosignature key of its own", where);
  policy.witnesses.set(name, key);
}

function addGroup(policy, name, needed, members, where) {
  if (name === "none" || isNamed(policy, name)) throw badPolicy("This name is taken", where);
  for (const member of members) {
    if (!isNamed(policy, member)) throw badPolicy("A group names nothing that stands above it", where);
    if (policy.grouped.has(member)) {
      throw badPolicy("A witness or group is a member twice, so it could count twice", where);
    }
    policy.grouped.add(member);
  }
  const plain = /^[1-9][0-9]{0,8}$/.test(needed) ? Number(needed) : 0;
  const count = needed === "any" ? 1 : needed === "all" ? members.length : plain;
  if (count < 1 || count > members.length) {
    throw badPolicy("A group needs any, all, or a number up to its members", where);
  }
  policy.groups.set(name, { needed: count, members });
}

/** The largest time at which the newest cosignatures still meet the group or witness `name`, or null. */
function quorumTime(policy, name, times) {
  if (policy.witnesses.has(name)) return times.get(name) ?? null;
  const { needed, members } = policy.groups.get(name);
  const met = members.map((member) => quorumTime(policy, member, times)).filter((time) => time !== null);
  return met.length >= needed ? met.sort((one, other) => other - one)[needed - 1] : null;
}

function badNote(why) {
  return new Refused("note", `The signed note cannot be read: ${why}`);
}

/** The text of a note, with its last newline, and its signature lines (V1). */
export function openNote(bytes) {
  if (bytes.length > LONGEST_NOTE) throw badNote("it is too long");
  let note;
  try {
    note = fromUtf8(bytes);
  } catch {
    throw badNote("it is not UTF-8");
  }
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note)) throw badNote("it holds a control character");
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0 || gap + 2 >= note.length || !note.endsWith("\n")) throw badNote("it has no signature lines");
  const lines = note.slice(gap + 2, -1).split("\n");
  if (lines.length > MOST_LINES) throw badNote("it has too many signature lines");
  return { text: note.slice(0, gap + 1), lines: lines.map(signatureLine) };
}

function signatureLine(line) {
  const match = LINE.exec(line);
  if (!match) throw badNote("a signature line is malformed");
  const field = unb64(match[2]);
  if (!field) throw badNote("a signature is not base64");
  if (field.length < 5) throw badNote("a signature is too short");
  return { name: match[1], id: field.slice(0, 4), signature: field.slice(4) };
}

function badCheckpoint(why) {
  return new Refused("checkpoint", `The checkpoint cannot be read: ${why}`);
}

/** Origin, size and root of a checkpoint's text. */
export function parseBody(text) {
  const [origin, size, root, ...rest] = text.split("\n");
  if (rest.length !== 1 || rest[0] || !origin) throw badCheckpoint("it does not have exactly three lines");
  if (!/^(0|[1-9][0-9]{0,18})$/.test(size)) throw badCheckpoint("its size is not a plain number");
  const bytes = unb64(root, 32);
  if (!bytes) throw badCheckpoint("its root is not base64 of 32 bytes");
  return { origin, size: BigInt(size), root: bytes, text };
}

/** Verify a checkpoint under `policy` at time `now` (V2); `fresh` asks for a quorum time within a day. */
export async function verifyCheckpoint(note, policy, now, fresh) {
  const { text, lines } = openNote(note);
  const body = parseBody(text);
  const keys = policy.logs.filter((key) => key.name === body.origin);
  if (!keys.length) throw new Refused("origin", "This is not a log that the policy names", body.origin.slice(0, 255));
  const logTimes = await verifyLogLines(keys, lines, body);
  const time = await timeOf(policy, lines, body, logTimes, now);
  if (fresh && now - time > FRESH_SECONDS) {
    const mend = "Ask again later; a log that stays stale is being kept from you or is not being kept up.";
    throw new Refused("stale", "The newest signatures on the log are more than 24 hours old", "", mend);
  }
  return { ...body, size: Number(body.size), time, witnessed: policy.quorum !== null, note };
}

async function verifyLogLines(keys, lines, body) {
  const [times, found] = [[], new Set()];
  for (const key of keys) {
    for (const line of linesOf(key, lines)) {
      const time = await verifyLine(key, line, body);
      found.add(key.type);
      if (key.type === ML_DSA_TIMED) times.push(time);
    }
  }
  const types = new Set(keys.map((key) => key.type));
  if ([...types, ED25519, ML_DSA_TIMED].every((type) => found.has(type))) return times;
  const unknown = lines.some((line) => line.name === body.origin && !keys.some((key) => same(key.id, line.id)));
  if (types.has(ED25519) && types.has(ML_DSA_TIMED) && unknown) {
    const mend = "Get the newest verifier from where you got this one, never from the log: its policy has the new keys.";
    throw new Refused("log-key-unknown", "The log signs with keys that this policy does not know", "", mend);
  }
  const mend = "Both an Ed25519 and an ML-DSA-44 line of the log are needed.";
  throw new Refused("log-signature", "A signature of the log itself is missing", "", mend);
}

async function timeOf(policy, lines, body, logTimes, now) {
  // Lines of all known witnesses are verified even where none is needed: a false line refuses the note.
  const times = new Map();
  for (const [name, key] of policy.witnesses) {
    for (const line of linesOf(key, lines)) {
      const time = await verifyLine(key, line, body);
      if (time <= now + FUTURE_SECONDS) times.set(name, Math.max(time, times.get(name) ?? 0));
    }
  }
  if (policy.quorum === null) {
    const time = Math.max(...logTimes);
    if (time > now + FUTURE_SECONDS) {
      throw new Refused("future", "The log's signature is from the future", "", "Check your clock.");
    }
    return time;
  }
  const met = quorumTime(policy, policy.quorum, times);
  if (met === null) throw new Refused("quorum", "Too few independent witnesses have signed this state of the log");
  return met;
}

function linesOf(key, lines) {
  return lines.filter((line) => line.name === key.name && same(line.id, key.id));
}

/** Check a line of `key`; gives the time it states, or null for a type without one. */
async function verifyLine(key, line, body) {
  const failed = new Refused("signature", "A signature of a known key does not verify", key.name);
  if (line.signature.length !== SIGNATURE_BYTES[key.type]) throw failed;
  if (key.type === ED25519) {
    if (!(await verifyEd25519(key.public, line.signature, utf8(body.text)))) throw failed;
    return null;
  }
  const [time, signature] = [fromBig(line.signature.slice(0, 8)), line.signature.slice(8)];
  if (time <= 0n || time >= 1n << 63n) throw failed;
  const holds =
    key.type === ED25519_TIMED
      ? await verifyEd25519(key.public, signature, utf8(`cosignature/v1\ntime ${time}\n${body.text}`))
      : verifyMlDsa44(key.public, signature, subtreeMessage(key.name, body, time));
  if (!holds) throw failed;
  return Number(time);
}

function subtreeMessage(name, body, time) {
  const [signer, origin] = [utf8(name), utf8(body.origin)];
  const head = concat(utf8("subtree/v1\n\0"), unsigned(signer.length, 1), signer, unsigned(time, 8));
  return concat(head, unsigned(origin.length, 1), origin, unsigned(0, 8), unsigned(body.size, 8), body.root);
}

