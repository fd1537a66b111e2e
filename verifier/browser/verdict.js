/**
 * The whole answer about a pupil's proof files: V4, then V7 for each month of each file. The result has the form that
 * the verifiers for the command line print with `--json`, so that they can be compared.
 */

import { Refused, fill, own, same, words } from "./bytes.js";
import { audit } from "./audit.js";
import { readFile, verifyMonth, verifyPlace, wordsFor } from "./bundle.js";
import { FUTURE_SECONDS, LONGEST_NOTE, openNote, parseBody, parsePolicy, verifyCheckpoint } from "./notes.js";
import { parseIdentifier, smallest } from "./pupil.js";
import { leafHash, readEntries, rootOf } from "./tree.js";

const thousands = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

/**
 * Verify. `read(path)` gives the bytes of a file of the log; `files` are {name, data}; `now` is POSIX seconds; `seen`
 * the last checkpoint this device saw, if any; `told(read, size)` hears how far it is, `remember(note)` gets the checkpoint
 * of a log that held.
 */
export async function verify({ policy, identifier, read, files, now, seen, told, remember }) {
  try {
    const trusted = await parsePolicy(policy);
    const pupilId = parseIdentifier(identifier);
    const log = await readLog(read, trusted, now, seen, told);
    remember?.(log.checkpoint.note);
    return await judge(files, pupilId, log, trusted, now);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    const step = words.log[refused.reason.code] ?? "log-files";
    const evidence = refused.evidence ?? {};
    return { verdict: "refused", step, reasons: [refused.reason], limits: words.limits, ...evidence };
  }
}

/** The whole log, hashed against its freshly signed checkpoint and audited (V4). */
export async function readLog(read, policy, now, seen, told) {
  const note = (await read("checkpoint")).slice(0, LONGEST_NOTE + 1);
  const checkpoint = await verifyCheckpoint(note, policy, now, true);
  const entries = await readEntries(checkpoint.size, read, told);
  const leaves = [];
  for (let at = 0; at < entries.length; at += 1024) {
    leaves.push(...(await Promise.all(entries.slice(at, at + 1024).map(leafHash))));
  }
  if (!same(await rootOf(leaves), checkpoint.root)) {
    const mend = "Entries were changed after they were signed, or the files belong to another log.";
    throw new Refused("root", "The entries of the log are not those that were signed", "", mend);
  }
  const latest = new Date((checkpoint.time + FUTURE_SECONDS) * 1000).toISOString().replace(".000", "");
  const log = { checkpoint, entries, leaves, ...(await audit(entries, checkpoint.origin, latest)) };
  if (seen) await requireGrowth(log, seen);
  return log;
}

async function requireGrowth(log, seen) {
  const before = parseBody(openNote(seen).text);
  if (before.origin !== log.checkpoint.origin) return;
  const grown = before.size <= log.entries.length && same(await rootOf(log.leaves.slice(0, Number(before.size))), before.root);
  if (grown) return;
  const message = `The log was rewritten: it is not a growth of the one of ${before.size} entries seen here before`;
  const mend = "Keep both checkpoints: together they are evidence. Show them to the regulator.";
  const refused = new Refused("rewritten", message, `now ${log.entries.length} entries`, mend);
  refused.evidence = { checkpoints: [seen, log.checkpoint.note] };
  throw refused;
}

/** The verdict on files against a log freshly read. */
export async function judge(files, pupilId, log, policy, now) {
  const bundles = [];
  for (const file of files) bundles.push(...(await reportsOf(file, pupilId, log, policy, now)));
  const seen = new Set(bundles.map((report) => report.epoch));
  const words_ = bundles.map((report) => report.verdict);
  const word = log.faults.length || words_.includes("invalid") ? "invalid" : words_.includes("incomplete") ? "incomplete" : "complete";
  return {
    verdict: word,
    step: log.faults.length ? "log-rules" : (bundles.find((report) => report.verdict === word)?.step ?? ""),
    reasons: [],
    log: { origin: log.checkpoint.origin, size: log.entries.length, signed_at: log.checkpoint.time },
    faults: log.faults,
    unverifiable: log.history.unverifiable(),
    bundles,
    unchecked: log.history.epochs().filter((epoch) => !seen.has(epoch)),
    warning: log.checkpoint.witnessed ? "" : words.no_witness,
    limits: words.limits,
  };
}

async function reportsOf({ name, data }, pupilId, log, policy, now) {
  let file, size;
  try {
    file = readFile(data);
    size = await verifyPlace(file, log, policy, now);
  } catch (refused) {
    return [invalid(name, "", refused)];
  }
  const given = new Map(file.months.map((month) => [month.epoch, month]));
  // A history promises every month: one it leaves out is told as unanswered, not passed over.
  const epochs = new Set([...given.keys(), ...(file.isHistory ? log.history.epochs() : [])]);
  const reports = [];
  for (const epoch of [...epochs].sort()) {
    try {
      const month = given.get(epoch);
      const found = month ? await verifyMonth(month, pupilId, log, size) : wordsFor(epoch, [], log);
      reports.push(report(name, epoch, found, log.history));
    } catch (refused) {
      reports.push(invalid(name, epoch, refused));
    }
  }
  return reports;
}

function report(name, epoch, found, history) {
  const complete = !history.unverifiable().length && !found.some((one) => one.missing);
  const corrected = correctionsIn(history);
  const lines = found.map((one) => describe(history, one, corrected));
  const [verdict, step] = complete ? ["complete", ""] : ["incomplete", "nothing-missing"];
  return { name, epoch, verdict, step, reasons: [], lines };
}

function invalid(name, epoch, refused) {
  if (!(refused instanceof Refused)) throw refused;
  const where = refused.reason.where ? `${name}, ${refused.reason.where}` : name;
  const step = words.bundle[refused.reason.code];
  return { name, epoch, verdict: "invalid", step, reasons: [{ ...refused.reason, where }], lines: [] };
}

/** The corrections of each corrected entry: found once, since a log can hold many of both. */
function correctionsIn(history) {
  const found = new Map();
  for (const { index, type, body } of history.entries) {
    if (type !== "correction") continue;
    if (!found.has(body.of)) found.set(body.of, []);
    found.get(body.of).push(index);
  }
  return found;
}

/** What an entry is and what the file says of it, in the words all verifiers share. */
function describe(history, { index, word, missing }, correctedBy) {
  const body = history.entries[index].body;
  const by = correctedBy.get(index) ?? [];
  const size = body.set.size_padded;
  const facts = {
    what: whatIs(history, index, body),
    corrected: by.length ? fill(words.uses.corrected, { entries: by.join(", ") }) : "",
    size: thousands(size),
    smallest: thousands(smallest(size)),
  };
  const what = fill(words.uses[size === 1024 ? "at-most" : "between"], facts);
  const answer = words.uses[missing && word === "sealed" ? "overtaken" : word];
  return { index, at: body.at, word, answered: !missing, what, answer };
}

function whatIs(history, index, body) {
  if (body.type === "disclosure") {
    const late = own(body, "late") ? fill(words.uses.late, { reason: body.late.reason }) : "";
    const facts = { name: body.recipient.name, purpose: purposeOf(history, body), items: body.items.join(", "), late };
    return fill(words.uses[body.mode], facts);
  }
  if (body.type === "lookup-batch") {
    const account = target(history, body, "lookup-account");
    return fill(words.uses.lookups, { name: account ? account.holder.name : words.uses.account, day: body.day });
  }
  const seal = history.seals.get(index);
  if (!seal || seal.revealedAt === null) {
    return fill(words.uses["sealed-use"], { basis: body.basis, until: seal ? seal.revealBy : body.reveal_by });
  }
  const shown = history.entries[seal.revealedAt].body.body;
  return fill(words.uses.revealed, { name: shown.recipient.name, purpose: shown.purpose, items: shown.items.join(", ") });
}

function purposeOf(history, body) {
  const decision = target(history, body, "decision");
  const request = decision && target(history, decision, "request");
  return request ? fill(words.uses.purpose, { purpose: request.purpose, title: request.title, basis: body.basis }) : "";
}

/** What `of` points at; null in a log at fault, or of the future, where that is not there or of another type. */
function target(history, body, type) {
  const entry = own(body, "of") ? history.entries[body.of] : undefined;
  return entry && entry.verifiable && entry.type === type ? entry.body : null;
}
