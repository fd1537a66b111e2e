/** The types of entry and the forms of their fields: rules L1 and L2. Specification, sections 8.1 to 8.4 and 14. */

import { own, unb64 } from "./bytes.js";
import { isObject, loads } from "./canonical.js";
import { parseKey } from "./notes.js";
import { isMonth } from "./pupil.js";

export const LONGEST_ENTRY = 65535;
export const SET_BEARING = new Set(["disclosure", "lookup-batch", "sealed"]);

const text = (value) => typeof value === "string";
const matches = (pattern) => (value) => text(value) && pattern.test(value);
const oneOf = (...words) => (value) => words.includes(value);
const upTo = (most) => (value) => text(value) && value !== "" && [...value].length <= most;
const listOf = (form) => (value) => Array.isArray(value) && value.length > 0 && value.every(form);
const fields = (table) => (value) => wrongField(value, table) === null;

const code = matches(/^[a-z0-9][a-z0-9-]{0,63}$/);
const klass = matches(/^[1-5][A-E]$/);
const id = matches(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/);
const origin = matches(/^[!-*,-~]{1,255}$/);
const month = (value) => text(value) && isMonth(value);
const nat = (value) => typeof value === "number" && Number.isInteger(value) && value >= 0;
const b32 = (value) => text(value) && unb64(value, 32) !== null;
const str = upTo(512);
const title = upTo(200);

function date(value) {
  const match = text(value) && /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(value);
  if (!match) return false;
  const [year, month_, day] = match.slice(1).map(Number);
  const days = [31, year % 4 || (year % 100 === 0 && year % 400) ? 28 : 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return year >= 1 && month_ >= 1 && month_ <= 12 && day >= 1 && day <= days[month_ - 1];
}

const at = (value) =>
  text(value) && /^.{10}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$/.test(value) && date(value.slice(0, 10));

// A key inside an entry is a commitment of a recipient's; its form is checked, and its id where it is used.
const ackKey = (value) => text(value) && ACK_KEYS.get(value) === true;
const ACK_KEYS = new Map();

const set = fields({ alg: str, root: b32, size_padded: nat, epoch: month });
const counts = fields({ asked: nat, matched: nat, returned: nat });
const org = fields({ name: str, sector: code, "id?": str, "vkey?": ackKey });
const use = { basis: code, classes: listOf(klass), items: listOf(code) };
const of_set = { did: b32, set, manifest: b32 };
const totals_row = { group: code, requests: nat, disclosures: nat, pupils: nat, "asked?": nat, "returned?": nat };
const sealed_body = fields({
  recipient: org, purpose: code, ...use, decided: date, by: code, summary_text: b32, "counts?": counts,
});

const TYPES = {
  genesis: {
    origin, spec: oneOf("rollbook/log@v1"), operator: str, "previous?": fields({ origin, size: nat, root: b32 }),
  },
  policy: { policy: b32, from: date },
  "vrf-key": { epoch_from: month, suite: oneOf("c2sp.org/vrf-r255"), pk: b32 },
  request: {
    org, title, kind: oneOf("new", "amend", "renew"), "amends?": nat, purpose: code, ...use,
    mode: oneOf("file", "safe-setting", "lookup"), register_text: b32,
  },
  decision: {
    of: nat, result: oneOf("approve", "refuse", "withdraw"), by: code, reasons_text: b32, "expires?": date,
  },
  disclosure: {
    "of?": nat, ...of_set, mode: oneOf("file", "safe-setting"), recipient: org, ...use,
    "late?": fields({ released: date, reason: code }),
  },
  "lookup-account": { of: nat, holder: org, opens: date },
  "lookup-close": { of: nat, on: date },
  "lookup-batch": { of: nat, day: date, ...of_set },
  sealed: { ...of_set, commit: b32, basis: code, by: code, reveal_by: date },
  "seal-extend": { of: nat, reveal_by: date, basis: code, by: code },
  reveal: { of: nat, salt: b32, body: sealed_body },
  correction: { of: nat, reason: code, change: isObject, "note_text?": b32 },
  output: { of: nat, title, tables: nat, rules: code, checked_by: listOf(code), manifest: b32 },
  destroyed: { of: nat, on: date, method: code, certificate_text: b32 },
  outcome: { of: nat, result: code, "counts?": counts, "note_text?": b32, "ack?": b32 },
  totals: { from: date, to: date, rows: listOf(fields(totals_row)), "report_text?": b32 },
  intake: { collection: code, day: date, returns: nat, accepted: nat, refused: nat, "report_text?": b32 },
  publication: { kind: code, title, document: b32, from: date, "review_by?": date, "supersedes?": nat },
  "monitor-report": { monitor: str, result: code, size: nat, root: b32, "report_text?": b32 },
};
const COMMON = { v: nat, type: code, id, at };
for (const type of Object.keys(TYPES)) TYPES[type] = { ...COMMON, ...TYPES[type] };

/** The names of the fields a type may have. */
export const namesOf = (type) => new Set(Object.keys(TYPES[type]).map((name) => name.replace("?", "")));

/** The name of the first field that is missing, additional or malformed by a table, or null; `?` marks optional ones. */
function wrongField(value, table) {
  if (!isObject(value)) return "value";
  for (const [marked, form] of Object.entries(table)) {
    const name = marked.replace("?", "");
    const present = own(value, name);
    if (present ? !form(value[name]) : name === marked) return name;
  }
  return Object.keys(value).find((name) => !(name in table) && !(`${name}?` in table)) ?? null;
}

/** Whether a version 1 client knows this version and type; if not it says *cannot verify*, which is no fault. */
export function isKnown(body) {
  if (!own(body, "v") || !own(body, "type")) return true;
  return body.v === 1 && text(body.type) && own(TYPES, body.type);
}

/** The first field that breaks L2 in an entry of known version and type, or null. */
export function wrongIn(body) {
  if (!own(body, "type")) return "type";
  return own(body, "v") ? wrongField(body, TYPES[body.type]) : "v";
}

/** The object in the bytes of an entry (L1), and what its keys are, since hashing one takes a moment of its own. */
export async function readEntry(raw) {
  const body = loads(raw);
  await learnKeys(body);
  return body;
}

async function learnKeys(value) {
  if (typeof value !== "object" || value === null) return;
  if (text(value.vkey) && !ACK_KEYS.has(value.vkey)) {
    const key = await parseKey(value.vkey);
    ACK_KEYS.set(value.vkey, key !== null && key.type === 1);
  }
  for (const member of Object.values(value)) await learnKeys(member);
}
