/** The rules of the log, L1 to L14, and what a reader knows after each entry. Specification, section 8.5. */

import { Refused, b64, concat, own as has, tag, unb64 } from "./bytes.js";
import { dumps } from "./canonical.js";
import { sha256 } from "./crypto.js";
import { LONGEST_ENTRY, SET_BEARING, isKnown, namesOf, readEntry, wrongIn } from "./entries.js";
import { isPadded, isPublicKey } from "./pupil.js";

const SEAL = tag("rollbook/seal/v1");
const LOCKED = new Set(
  ("v type id at of did set manifest commit day result expires opens on reveal_by late amends kind supersedes " +
    "document").split(" "),
);
const CORRECTABLE = (
  "request decision disclosure lookup-account lookup-batch sealed destroyed outcome totals output intake publication " +
  "monitor-report"
).split(" ");
const TARGETS = {
  "request amends": ["request"],
  "decision of": ["request"],
  "disclosure of": ["decision"],
  "lookup-account of": ["decision"],
  "lookup-close of": ["lookup-account"],
  "lookup-batch of": ["lookup-account"],
  "seal-extend of": ["sealed"],
  "reveal of": ["sealed"],
  "correction of": CORRECTABLE,
  "output of": ["disclosure"],
  "destroyed of": ["disclosure", "sealed"],
  "outcome of": [...SET_BEARING],
  "publication supersedes": ["publication"],
};

const months = (text) => Number(text.slice(0, 4)) * 12 + Number(text.slice(5, 7));
const dayOf = (at) => at.slice(0, 10);

/** What is known of the log after some entries. */
export class History {
  entries = []; // {index, body or null, type or "", verifiable}
  ids = new Set();
  dids = new Set();
  lastAt = "";
  keys = [];
  latestSetEpoch = "";
  decisions = new Map();
  seals = new Map();
  closed = new Map();
  batches = new Set();
  setBearing = [];
  faulty = new Set();

  constructor(origin) {
    this.origin = origin;
  }

  /** The public key in force in a month, from the entries below an index. */
  keyOf(epoch, below = Infinity) {
    const known = this.keys.filter((key) => key.from <= epoch && key.index < below);
    return known.reduce((latest, key) => (latest && latest.from >= key.from ? latest : key), null);
  }

  /** Each set-bearing entry of a month below an index: `s` while sealed, or `d` when it needs an answer. */
  setsOf(epoch, below) {
    const marks = new Map();
    for (const index of this.setBearing) {
      if (index >= below || this.entries[index].body.set.epoch !== epoch) continue;
      const seal = this.seals.get(index);
      marks.set(index, seal && (seal.revealedAt === null || seal.revealedAt >= below) ? "s" : "d");
    }
    return marks;
  }

  epochs() {
    return [...new Set(this.setBearing.map((index) => this.entries[index].body.set.epoch))].sort();
  }

  unverifiable() {
    return this.entries.filter((entry) => entry.body && !entry.verifiable).map((entry) => entry.index);
  }

  add(entry, sound) {
    this.entries.push(entry);
    if (!sound) this.faulty.add(entry.index);
    const { index, body, type } = entry;
    if (!body) return;
    if (typeof body.id === "string" && has(body, "id")) this.ids.add(body.id);
    if (typeof body.at === "string" && has(body, "at") && body.at > this.lastAt) this.lastAt = body.at;
    if (SET_BEARING.has(type)) {
      this.setBearing.push(index);
      this.dids.add(body.did);
      if (body.set.epoch > this.latestSetEpoch) this.latestSetEpoch = body.set.epoch;
    }
    if (sound) this.#addState(index, type, body);
  }

  #addState(index, type, body) {
    if (type === "vrf-key") this.keys.push({ from: body.epoch_from, pk: body.pk, index });
    if (type === "decision") {
      if (!this.decisions.has(body.of)) this.decisions.set(body.of, []);
      this.decisions.get(body.of).push(index);
    }
    if (type === "sealed") this.seals.set(index, { revealBy: body.reveal_by, revealedAt: null });
    if (type === "seal-extend" && this.seals.has(body.of)) this.seals.get(body.of).revealBy = body.reveal_by;
    if (type === "reveal" && this.seals.has(body.of)) this.seals.get(body.of).revealedAt = index;
    if (type === "lookup-close") this.closed.set(body.of, body.on);
    if (type === "lookup-batch") this.batches.add(`${body.of} ${body.day}`);
  }
}

/** Apply the rules to a whole log: what is known of it, and every fault in order. */
export async function audit(raws, origin, latest) {
  const [history, faults] = [new History(origin), []];
  for (const raw of raws) {
    const { entry, fault } = await judge(history, raw, latest);
    history.add(entry, fault === null);
    if (fault) faults.push(`entry ${entry.index} breaks ${fault[0]}: ${fault[1]}`);
  }
  return { history, faults };
}

async function judge(history, raw, latest) {
  const index = history.entries.length;
  const unread = { index, body: null, type: "", verifiable: false };
  let body;
  try {
    if (raw.length > LONGEST_ENTRY) throw new Refused("canonical-json", "the entry is longer than 65,535 bytes");
    body = await readEntry(raw);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    const { message, where } = refused.reason;
    return { entry: unread, fault: ["L1", `${message}${where ? ` (${where})` : ""}.`] };
  }
  if (!isKnown(body)) {
    const entry = { index, body, type: "", verifiable: false };
    return { entry, fault: await firstBroken(OF_THE_FUTURE, history, index, body, latest) };
  }
  const wrong = wrongIn(body);
  if (wrong !== null) return { entry: unread, fault: ["L2", `the field '${wrong}' is missing, additional or malformed`] };
  const verifiable = leadsToVerifiable(history, index, body);
  const chain = verifiable ? ALL : UNKNOWN_TARGET;
  return {
    entry: { index, body, type: body.type, verifiable },
    fault: await firstBroken(chain, history, index, body, latest),
  };
}

async function firstBroken(chain, history, index, body, latest) {
  for (const [name, rule] of chain) {
    const message = await rule(history, index, body, latest);
    if (message) return [name, message];
  }
  return null;
}

function leadsToVerifiable(history, index, body) {
  return ["of", "amends", "supersedes"].every((name) => {
    const target = has(body, name) && body[name] < index ? history.entries[body[name]] : null;
    return !target || target.verifiable || !target.body;
  });
}

function genesisIsFirst(history, index, body) {
  if ((body.type === "genesis") !== (index === 0)) return "the first entry, and no other, is the genesis";
  return index === 0 && body.origin !== history.origin ? "the genesis names another log" : null;
}

function unknownIsNotFirst(history, index) {
  return index === 0 ? "the first entry is not the genesis" : null;
}

function timesAscend(history, index, body, latest) {
  if (!has(body, "at") || typeof body.at !== "string") return null; // only an entry of the future may lack it
  if (body.at < history.lastAt) return "its time is before that of an earlier entry";
  return latest && body.at > latest ? "its time is later than the signatures allow" : null;
}

function idIsNew(history, index, body) {
  const known = has(body, "id") && typeof body.id === "string" && history.ids.has(body.id);
  return known ? "its id stands in the log already" : null;
}

function referencesAreRight(history, index, body) {
  for (const name of ["of", "amends", "supersedes"]) {
    if (!has(body, name)) continue;
    const target = body[name];
    if (target >= index) return `${name} points at a later entry`;
    if (history.faulty.has(target)) return `${name} points at an entry that itself breaks a rule`;
    if (!TARGETS[`${body.type} ${name}`].includes(history.entries[target].type)) {
      return `${name} points at an entry of the wrong type`;
    }
  }
  const misplaced = body.type === "request" && has(body, "amends") !== (body.kind !== "new");
  return misplaced ? "amends is present exactly when the request is not new" : null;
}

function keyIsInOrder(history, index, body) {
  if (body.type !== "vrf-key") return null;
  const month = body.epoch_from;
  if (history.keys.some((key) => month <= key.from) || month <= history.latestSetEpoch) {
    return "the key is not for months after every earlier key and set";
  }
  if (months(month) > months(body.at) + 12) return "the key is for more than 12 months ahead";
  return isPublicKey(unb64(body.pk)) ? null : "the key is not a valid public key";
}

function setIsSound(history, index, body) {
  if (!SET_BEARING.has(body.type)) return null;
  if (body.set.alg !== "rollbook-trie-sha256-v1") return "the set has an unknown algorithm";
  if (!isPadded(body.set.size_padded)) return "the set has a size that padding cannot give";
  if (!history.keyOf(body.set.epoch)) return "no VRF key for the month of the set stands earlier in the log";
  return allowedMonths(body).includes(months(body.set.epoch)) ? null : "the month of the set does not fit the entry";
}

function allowedMonths(body) {
  if (body.type === "lookup-batch") return [months(body.day)];
  if (has(body, "late")) return [months(body.late.released)];
  return [months(body.at), months(body.at) - 1];
}

function didIsNew(history, index, body) {
  const repeated = SET_BEARING.has(body.type) && history.dids.has(body.did);
  return repeated ? "its disclosure id stands in the log already" : null;
}

function decisionAllows(history, index, body) {
  if (body.type === "decision" && has(body, "expires") !== (body.result === "approve")) {
    return "an end date is given exactly for an approval";
  }
  if (body.type === "disclosure" && has(body, "late")) return lateIsAllowed(history, body);
  if (body.type === "disclosure" && !has(body, "of")) return "a disclosure that is not late names its decision";
  if (body.type !== "disclosure" && body.type !== "lookup-account") return null;
  const decision = history.entries[body.of].body;
  if (history.decisions.get(decision.of).slice(-1)[0] !== body.of) return "a later decision stands on the request";
  if (decision.result !== "approve") return "the decision is not an approval";
  return dayOf(body.at) > decision.expires ? "the approval had expired" : null;
}

function lateIsAllowed(history, body) {
  if (body.late.released > dayOf(body.at)) return "the late release is in the future";
  if (!has(body, "of")) return null;
  const decision = history.entries[body.of].body;
  if (decision.result !== "approve") return "the decision is not an approval";
  return body.late.released > decision.expires ? "the approval had expired" : null;
}

async function sealHolds(history, index, body) {
  if (body.type === "sealed") return body.reveal_by < dayOf(body.at) ? "the reveal would be before the seal" : null;
  if (body.type !== "seal-extend" && body.type !== "reveal") return null;
  const seal = history.seals.get(body.of);
  if (seal.revealedAt !== null) return "the seal has been revealed already";
  if (body.type === "seal-extend") {
    return body.reveal_by > seal.revealBy ? null : "the extension is not to a later date";
  }
  const commit = b64(await sha256(concat(SEAL, unb64(body.salt), dumps(body.body))));
  const shown = commit === history.entries[body.of].body.commit;
  return shown ? null : "the facts shown are not the ones that were sealed";
}

function lookupIsOpen(history, index, body) {
  if (body.type === "lookup-close") return history.closed.has(body.of) ? "the account has been closed already" : null;
  if (body.type !== "lookup-batch") return null;
  const [account, day] = [history.entries[body.of].body, body.day];
  if (day < account.opens || day > (history.closed.get(body.of) ?? day)) return "the account was not open on the day";
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + 86400000).toISOString().slice(0, 10);
  if (![day, next].includes(dayOf(body.at))) return "the batch was not logged on its day or the next";
  if (history.batches.has(`${body.of} ${day}`)) return "the account has a batch for the day already";
  const decision = history.entries[account.of].body;
  if (day > decision.expires) return "the approval had expired on the day";
  const overtaken = history.decisions
    .get(decision.of)
    .some((later) => later > account.of && dayOf(history.entries[later].body.at) < day);
  return overtaken ? "a later decision had been made before the day" : null;
}

function changeIsAllowed(history, index, body) {
  if (body.type !== "correction") return null;
  const [original, names] = [history.entries[body.of].body, Object.keys(body.change)];
  if (!names.length) return "the correction changes nothing";
  const known = namesOf(original.type);
  if (names.some((name) => LOCKED.has(name) || !known.has(name))) {
    return "the correction names a field that may not be corrected";
  }
  return wrongIn({ ...original, ...body.change }) === null ? null : "the corrected entry would be malformed";
}

function sumsAndDatesAgree(history, index, body) {
  const sealed = has(body, "of") ? history.seals.get(body.of) : undefined;
  if ((body.type === "destroyed" || body.type === "outcome") && sealed && sealed.revealedAt === null) {
    return "it concerns a seal not yet revealed";
  }
  if (body.type === "totals" && body.from > body.to) return "the period ends before it starts";
  if (body.type === "intake" && body.accepted + body.refused !== body.returns) {
    return "accepted and refused do not add up to the returns";
  }
  if (body.type === "publication" && has(body, "review_by") && body.review_by < body.from) {
    return "the review is before the start";
  }
  return body.type === "monitor-report" && body.size > index ? "the report is about a log larger than this one" : null;
}

const COMMON_RULES = [["L4", timesAscend], ["L5", idIsNew]];
const OWN_SET = [["L8", setIsSound], ["L9", didIsNew]];
const OF_THE_FUTURE = [["L3", unknownIsNotFirst], ...COMMON_RULES];
// What it points at is unknown, so no rule can say whether it may; its own set is still checked and needs an answer.
const UNKNOWN_TARGET = [["L3", genesisIsFirst], ...COMMON_RULES, ...OWN_SET];
const ALL = [
  ["L3", genesisIsFirst], ...COMMON_RULES, ["L6", referencesAreRight], ["L7", keyIsInOrder], ...OWN_SET,
  ["L10", decisionAllows], ["L11", sealHolds], ["L12", lookupIsOpen], ["L13", changeIsAllowed],
  ["L14", sumsAndDatesAgree],
];

