/** Where the log comes from: this site, a copy in one file, or a folder. Each gives `read(path)`, the bytes of a file. */

import { Refused, fromUtf8, utf8 } from "./bytes.js";
import { parseBody, openNote } from "./notes.js";
import { entriesPath } from "./tree.js";

const HEADER = utf8("rollbook/log-copy@v1\n");
const LARGEST = 256 * (65535 + 2);

function unreadable(where) {
  const mend = "Try again; if it stays away, the log is being kept from you.";
  return new Refused("log-unreadable", "A file of the log cannot be read", where, mend);
}

/** The log of the site this page came from. */
export function fromSite(address) {
  return async (path) => {
    try {
      const answer = await fetch(`${address}/${path}`, { credentials: "omit", redirect: "error" });
      if (!answer.ok) throw unreadable(path);
      return new Uint8Array(await answer.arrayBuffer());
    } catch {
      throw unreadable(path);
    }
  };
}

/** The log in files somebody chose: one copy, or a folder with the log's own files. */
export async function fromFiles(files) {
  if (files.length === 1) return fromCopy(new Uint8Array(await files[0].arrayBuffer()));
  const byPath = new Map(files.map((file) => [file.webkitRelativePath || file.name, file]));
  const head = [...byPath.keys()].find((path) => path === "checkpoint" || path.endsWith("/checkpoint"));
  if (!head) throw new Refused("log-source", "There is no log in these files", "", "Choose the copy of the log.");
  const folder = head.slice(0, -"checkpoint".length);
  return async (path) => {
    const file = byPath.get(folder + path);
    if (!file || file.size > LARGEST) throw unreadable(path);
    return new Uint8Array(await file.arrayBuffer());
  };
}

/** The log in the bytes of a copy: a header, the length of the checkpoint, the checkpoint, then every entry. */
export function fromCopy(bytes) {
  const broken = new Refused("log-source", "This file is not a copy of a log", "", "Save the copy again.");
  if (!HEADER.every((byte, at) => bytes[at] === byte)) throw broken;
  const end = bytes.indexOf(10, HEADER.length);
  const length = end < 0 || end > HEADER.length + 6 ? "" : fromUtf8(bytes.slice(HEADER.length, end));
  if (!/^[1-9][0-9]*$/.test(length)) throw broken;
  const note = bytes.slice(end + 1, end + 1 + Number(length));
  const size = Number(parseBody(openNote(note).text).size);
  const { starts, count } = blocks(bytes, end + 1 + Number(length));
  if (count !== size) throw broken;
  const parts = new Map();
  starts.forEach((start, number) => {
    const width = Math.min(256, count - 256 * number);
    parts.set(entriesPath(number, width), bytes.slice(start, starts[number + 1] ?? bytes.length));
  });
  return async (path) => {
    if (path === "checkpoint") return note;
    if (!parts.has(path)) throw unreadable(path);
    return parts.get(path);
  };
}

/** Where each block of 256 entries starts, and how many entries there are; NaN where the bytes end inside one. */
function blocks(bytes, from) {
  const starts = [];
  let [at, count] = [from, 0];
  for (; at < bytes.length; count++) {
    if (count % 256 === 0) starts.push(at);
    at += 2 + ((bytes[at] << 8) | bytes[at + 1]);
  }
  return { starts, count: at === bytes.length ? count : NaN };
}

/** The log in an object of bytes by path. */
export function inMemory(files) {
  return async (path) => {
    if (!Object.keys(files).includes(path)) throw unreadable(path.split("/").pop());
    return files[path];
  };
}
