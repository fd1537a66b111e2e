/** Proof files: of one month, or of the whole history. Specification, section 16 and V7. */

import { Refused, same, unb64 } from "./bytes.js";
import { verifyCheckpoint } from "./notes.js";
import { alpha, checkProof, isMonth, labelOf, verifyVrf } from "./pupil.js";
import { rootOf } from "./tree.js";

const MONTH_HEADER = "rollbook/pupil-proof@v1";
const HISTORY_HEADER = "rollbook/pupil-history@v1";
const LONGEST = 2 ** 26;
const MOST_LINES = 2 ** 17;

function badForm(why) {
  const mend = "Download the bundle again from the portal.";
  return new Refused("bundle-form", `The bundle cannot be read: ${why}`, "", mend);
}

/** Whether the file is a history, its months, and the bytes of its checkpoint (V7, step 1). */
export function readFile(bytes) {
  if (bytes.length > LONGEST) throw badForm("it is too long");
  let gap = 0;
  while (gap + 1 < bytes.length && !(bytes[gap] === 10 && bytes[gap + 1] === 10)) gap++;
  const head = bytes.subarray(0, gap);
  if (head.reduce((count, byte) => count + (byte === 10), 0) > MOST_LINES) throw badForm("it is too long");
  const lines = head.every((byte) => byte < 128) ? new TextDecoder().decode(head).split("\n") : [""];
  const isHistory = lines[0] === HISTORY_HEADER;
  if (gap + 1 >= bytes.length || (!isHistory && lines[0] !== MONTH_HEADER)) throw badForm("it is not a pupil's bundle");
  const checkpoint = bytes.slice(gap + 2);
  if (!isHistory) return { isHistory, months: [readMonth(lines.slice(1))], checkpoint };
  if (!lines[1]?.startsWith("epoch ")) throw badForm("it does not begin with a month");
  const blocks = [];
  for (const line of lines.slice(1)) {
    if (line.startsWith("epoch ")) blocks.push([]);
    blocks[blocks.length - 1].push(line);
  }
  const months = blocks.map(readMonth);
  if (months.some((month, at) => at && month.epoch <= months[at - 1].epoch)) throw badForm("its months do not ascend");
  return { isHistory, months, checkpoint };
}

function readMonth([first = "", second = "", ...rest]) {
  const epoch = /^epoch ([0-9]{4}-[0-9]{2})$/.exec(first);
  const pi = /^pi ([A-Za-z0-9+/=]{1,200})$/.exec(second);
  if (!epoch || !isMonth(epoch[1]) || !pi) throw badForm("its month or its proof line is malformed");
  const answers = rest.map(readLine);
  const bytes = unb64(pi[1], 80);
  if (!bytes) throw badForm("a line is not canonical base64");
  if (answers.some((line, at) => at && line.index <= answers[at - 1].index)) throw badForm("its lines do not ascend");
  return { epoch: epoch[1], pi: bytes, answers };
}

function readLine(line) {
  const match = /^(?:d (0|[1-9][0-9]{0,18}) (in|out) ([A-Za-z0-9+/=]{1,12000})|s (0|[1-9][0-9]{0,18}))$/.exec(line);
  if (!match) throw badForm("it holds an unknown line");
  if (match[4] !== undefined) return { index: BigInt(match[4]), word: "sealed" };
  const proof = unb64(match[3]);
  if (!proof) throw badForm("a line is not canonical base64");
  return { index: BigInt(match[1]), word: match[2], proof };
}

/** The size of the log under which the file was made, once its checkpoint is one of this log as it stands (step 2). */
export async function verifyPlace(file, log, policy, now) {
  const checkpoint = await verifyCheckpoint(file.checkpoint, policy, now, false);
  const inside = checkpoint.origin === log.checkpoint.origin && checkpoint.size <= log.entries.length;
  if (!inside || !same(await rootOf(log.leaves.slice(0, checkpoint.size)), checkpoint.root)) {
    const mend = "Read the log again; if this stays, keep the bundle: together with the log it is evidence.";
    throw new Refused("bundle-log", "The bundle's checkpoint is not one of this log as it stands", "", mend);
  }
  return checkpoint.size;
}

/** What one month proves: a word for every set-bearing entry of the month, and those still owed (steps 3 to 10). */
export async function verifyMonth(month, pupilId, log, size) {
  const key = log.history.keyOf(month.epoch, size);
  if (!key) throw new Refused("vrf-key", "The log has no key for this month", month.epoch);
  const y = verifyVrf(unb64(key.pk), alpha(month.epoch, pupilId), month.pi).slice(0, 32);
  const due = log.history.setsOf(month.epoch, size);
  for (const line of month.answers) await checkLine(line, due, log.history, y);
  return wordsFor(month.epoch, month.answers, log);
}

/** A word for each entry of a month the log holds now; without answers, every one is missing. */
export function wordsFor(epoch, answers, log) {
  const given = new Map(answers.map((line) => [Number(line.index), line.word]));
  const due = log.history.setsOf(epoch, log.entries.length);
  // An answer of "sealed" satisfies an entry only as long as the log still holds it sealed.
  return [...due].map(([index, letter]) => {
    const word = given.get(index) ?? "missing";
    return { index, word, missing: word === "missing" || (letter === "d" && word === "sealed") };
  });
}

async function checkLine(line, due, history, y) {
  const [letter, where] = [line.word === "sealed" ? "s" : "d", `entry ${line.index}`];
  if (line.index >= 2n ** 53n || due.get(Number(line.index)) !== letter) {
    const message = "The bundle answers an entry that is not of this month, or calls it sealed when it is not";
    throw new Refused("bundle-line", message, where);
  }
  if (letter === "s") return;
  const { did, set } = history.entries[Number(line.index)].body;
  const member = await checkProof(line.proof, await labelOf(unb64(did), y), unb64(set.root));
  if (member !== (line.word === "in")) {
    throw new Refused("bundle-word", "The word on a line is not what its proof shows", where);
  }
}
