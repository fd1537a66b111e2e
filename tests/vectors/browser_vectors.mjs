// Every vector file that the page's work touches, against the page's own modules. Arguments: the modules as one file,
// and the folder of the vectors. Prints how many cases held, by file; throws at the first that does not.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [core, folder] = process.argv.slice(2);
const { audit, bytes, canonical, crypto, notes, pupil, tree } = await import(pathToFileURL(core));
const { b64, hex, same, tag, unb64, unhex, utf8 } = bytes;
const vectors = (name) => JSON.parse(readFileSync(`${folder}/${name}.json`, "utf-8"));
const held = {};

/** Run one case; `count` cases of a file hold. */
async function each(name, cases, check) {
  for (const one of cases) {
    await check(one);
    held[name] = (held[name] ?? 0) + 1;
  }
}

const refused = (work, why) => assert.rejects(async () => work(), bytes.Refused, why);
const log300 = vectors("log300");
const log = { entries: log300.entries.map(utf8) };
log.leaves = await Promise.all(log.entries.map(tree.leafHash));

async function run() {
  const json = vectors("canonical_json");
  await each("canonical_json", json.accept, (text) =>
    assert.deepEqual(canonical.dumps(canonical.loads(utf8(text))), utf8(text)),
  );
  await each("canonical_json", json.reject, ({ text, why }) => refused(() => canonical.loads(utf8(text)), why));
  await each("canonical_json", json.reject_bytes, (one) => refused(() => canonical.loads(unhex(one.bytes)), one.why));

  const label = vectors("label");
  await each("label", label.cases, async (one) => {
    const alpha = pupil.alpha(one.epoch, one.pupil_id);
    assert.equal(hex(alpha), one.alpha);
    const beta = pupil.verifyVrf(unhex(one.vrf_pk), alpha, unhex(one.pi));
    assert.equal(hex(beta), one.beta);
    assert.equal(hex(await pupil.rowRef(unhex(one.did), beta.slice(0, 32))), one.row_ref);
    assert.equal(hex(await pupil.labelOf(unhex(one.did), beta.slice(0, 32))), one.label);
  });
  await each("label", label.vrf_reject, (one) =>
    refused(() => pupil.verifyVrf(unhex(one.vrf_pk), unhex(one.alpha), unhex(one.pi)), one.reason),
  );

  const padding = vectors("padding");
  await each("padding", padding.padded, ([n, size]) => {
    assert.equal(pupil.padded(n), size);
    assert.ok(pupil.isPadded(size) && pupil.smallest(size) <= n);
  });
  await each("padding", padding.not_a_padded_size, (size) => assert.ok(!pupil.isPadded(size)));

  const proofs = vectors("trie_proofs");
  await each("trie_proofs", proofs.accept, async (one) =>
    assert.equal(await pupil.checkProof(unhex(one.proof), unhex(one.label), unhex(one.root)), one.result === "in"),
  );
  await each("trie_proofs", proofs.reject, (one) =>
    refused(() => pupil.checkProof(unhex(one.proof), unhex(one.label), unhex(one.root)), one.why),
  );
  await each("padded_set", vectors("padded_set").sets, async (set) => {
    for (const one of set.proofs ?? []) await pupil.checkProof(unhex(one.proof), unhex(one.label), unhex(set.root));
  });

  const commitments = vectors("commitments");
  await each("commitments", Object.entries(commitments.nul_padded_tags), ([name, one]) => assert.equal(hex(tag(name)), one));

  const checkpoint = vectors("checkpoint");
  const policy = await notes.parsePolicy(checkpoint.policy);
  await each("checkpoint", checkpoint.keys.filter((key) => key.vkey), async (key) =>
    assert.equal(hex((await notes.parseKey(key.vkey)).id), key.key_id),
  );
  await each("checkpoint", checkpoint.cases, async (one) => {
    const verified = () => notes.verifyCheckpoint(utf8(one.note), policy, one.now, true);
    if (one.accept) assert.equal((await verified()).time, one.t_q);
    else await refused(verified, one.why);
  });

  await each("log300", Object.entries(log300.roots), async ([size, root]) =>
    assert.equal(b64(await tree.rootOf(log.leaves.slice(0, Number(size)))), root),
  );
  const { inclusion } = vectors("tlog_proof");
  await each("tlog_proof", inclusion, (one) => assert.equal(b64(log.leaves[one.index]), one.leaf_hash));

  const rules = vectors("log_rules");
  const changed = (one) => {
    const raws = log300.entries.slice(0, rules.first);
    for (const [index, raw] of Object.entries(one.change)) raws[index] = raw;
    const end = raws.findIndex((raw) => raw === null || raw === undefined);
    return (end < 0 ? raws : raws.slice(0, end)).map(utf8);
  };
  await each("log_rules", rules.accept, async (one) => {
    const { history, faults } = await audit.audit(changed(one), log300.origin, "");
    assert.deepEqual([faults, history.unverifiable()], [[], one.unverifiable]);
  });
  await each("log_rules", rules.reject, async (one) => {
    const { faults } = await audit.audit(changed(one), log300.origin, "");
    assert.match(faults[0] ?? "", new RegExp(`^entry \\d+ breaks ${one.rule}:`), one.why);
  });
  assert.ok(same(unb64(b64(log.leaves[0])), log.leaves[0]));
}

await run();
// Once more without WebCrypto, as on a page opened from a disk in a browser that keeps it for the web.
crypto.fallBack();
await run();
console.log(JSON.stringify(held));
