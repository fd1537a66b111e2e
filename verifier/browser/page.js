/** The page: takes what was chosen, verifies on this device, and shows the answer. It sends nothing about anyone. */

import { b64, fill, unb64, words } from "./bytes.js";
import { fromFiles, fromSite, inMemory } from "./sources.js";
import { verify } from "./verdict.js";

const served = location.protocol === "http:" || location.protocol === "https:";
const one = (id) => document.getElementById(id);

/** An element with a text and children. */
function made(name, text = "", ...children) {
  const element = document.createElement(name);
  element.textContent = text;
  element.append(...children);
  return element;
}

const list = (texts) => made("ul", "", ...texts.map((text) => made("li", text)));

function showReasons(data) {
  const step = fill(words.phrases.failed, { step: words.steps[data.step] });
  const reasons = data.reasons.map(({ message, where, mend }) => {
    const head = where ? `${message} (${where}).` : `${message}.`;
    return mend ? `${head} ${mend}` : head;
  });
  return [made("p", step), list(reasons)];
}

function headOf(report) {
  const month = report.epoch ? `, ${report.epoch}` : "";
  const owed = report.lines.filter((line) => !line.answered).length;
  const phrases = { complete: words.phrases.complete, invalid: words.phrases.invalid.replace(/\.$/, "") };
  const incomplete = owed ? fill(words.phrases.incomplete, { count: owed }) : words.phrases.unreadable;
  return `${report.name}${month}: ${phrases[report.verdict] ?? incomplete}.`;
}

function showBundle(report) {
  const section = made("section", "", made("h3", headOf(report)));
  section.className = report.verdict;
  if (report.verdict === "invalid") section.append(...showReasons(report));
  else if (!report.lines.length) section.append(made("p", words.phrases["no-use"]));
  for (const line of report.lines) {
    const what = fill(words.phrases.entry, { index: line.index, day: line.at.slice(0, 10), what: line.what });
    const answer = made("p", "", made("strong", line.answer));
    answer.className = `answer ${line.answered ? line.word : "missing"}`;
    section.append(made("p", what), answer);
  }
  return section;
}

function showLog(data) {
  const time = new Date(data.log.signed_at * 1000).toLocaleString("en-GB", { timeZone: "UTC", dateStyle: "long", timeStyle: "short" });
  const size = data.log.size.toLocaleString("en-GB");
  const shown = [made("p", fill(words.phrases.log, { origin: data.log.origin, size, time: `${time} UTC` }))];
  shown.push(made("p", data.faults.length ? words.phrases.faults : words.phrases["no-fault"]));
  if (data.faults.length) shown.push(list(data.faults));
  const entries = data.unverifiable.join(", ");
  if (entries) shown.push(made("p", fill(words.phrases.unverifiable, { entries })));
  return shown;
}

/** Show a verdict; its limits stand beside it, every time. */
function show(data) {
  const result = one("result");
  const title = made("h2", words.titles[data.verdict]);
  title.tabIndex = -1;
  result.className = data.verdict;
  result.replaceChildren(title);
  if (data.verdict === "refused") result.append(...showReasons(data), ...evidence(data));
  else result.append(...data.bundles.map(showBundle), ...showLog(data));
  if (data.unchecked?.length) result.append(made("p", fill(words.phrases.unchecked, { months: data.unchecked.join(", ") })));
  if (served && !one("policy").files.length) result.append(made("p", words.own_page));
  if (data.warning) result.append(made("p", fill(words.phrases.warning, { warning: data.warning })));
  result.append(made("h3", words.phrases.limits), list(data.limits));
  title.focus();
}

function evidence(data) {
  return (data.checkpoints ?? []).map((note) => made("pre", new TextDecoder().decode(note)));
}

/** The last checkpoint of this log that this browser saw. A browser that keeps nothing for a page of a disk has none. */
const memory = {
  key: (policy) => `rollbook ${/^log ([^+\n]+)/m.exec(policy)?.[1] ?? ""}`,
  get(policy) {
    try {
      const kept = localStorage.getItem(this.key(policy));
      return kept ? unb64(kept) : undefined;
    } catch {
      return undefined;
    }
  },
  set(policy, note) {
    try {
      localStorage.setItem(this.key(policy), b64(note));
    } catch {
      // Nothing is kept; the next check compares with no earlier state.
    }
  },
};

async function bytesOf(file) {
  return new Uint8Array(await file.arrayBuffer());
}

async function check() {
  const chosen = (id) => [...one(id).files];
  const told = (text) => (one("progress").textContent = text);
  const missing = chosen("files").length ? (served || chosen("log").length || chosen("folder").length ? "" : "log") : "files";
  if (missing) {
    told(missing === "log" ? "Choose the copy of the log first." : "Choose the proof files first.");
    one(missing).focus();
    return;
  }
  one("check").disabled = true;
  one("result").replaceChildren();
  told("Reading the log…");
  try {
    show(await answer(chosen, told));
  } catch (fault) {
    show({ verdict: "refused", step: "files", limits: words.limits, reasons: [{ message: `A file could not be used: ${fault.message}` }] });
  }
  told("");
  one("check").disabled = false;
}

async function answer(chosen, told) {
  const policy = chosen("policy").length ? await chosen("policy")[0].text() : one("own-policy").textContent.trim();
  const picked = [...chosen("log"), ...chosen("folder")];
  const files = await Promise.all(chosen("files").map(async (file) => ({ name: file.name, data: await bytesOf(file) })));
  let source;
  const read = async (path) => {
    source ??= picked.length ? await fromFiles(picked) : fromSite(new URL("/log", location.href).href);
    return source(path);
  };
  const seen = memory.get(policy);
  const shown = (done, size) => told(`Reading the log: ${done.toLocaleString("en-GB")} of ${size.toLocaleString("en-GB")} entries…`);
  const facts = { policy, identifier: one("number").value, read, files, now: Math.floor(Date.now() / 1000), seen };
  return verify({ ...facts, told: shown, remember: (note) => memory.set(policy, note) });
}

document.body.className = served ? "served" : "saved";
// Whatever keeps this script from running, old age included, leaves the text that says how else to check.
one("without").hidden = true;
one("form").hidden = false;
if (!one("own-policy").textContent.trim()) one("policy-part").open = true;
if (!served) one("log-part").open = true;
one("form").addEventListener("submit", (event) => {
  event.preventDefault();
  check();
});
// What other programs on this page's own console may ask; the tests do.
globalThis.rollbookVerifier = { verify, inMemory };
