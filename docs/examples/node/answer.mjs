// The canonical JSON of an answer, and its digest.
import { createHash } from 'node:crypto';

// Sort by UTF-8 bytes, which is by code point. JavaScript compares strings by UTF-16 unit.
const byCodePoint = ([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const escape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
const quote = (text) => JSON.stringify(text).replace(/[\u007f-\uffff]/g, escape);

/** Return the text of an answer, which is the same in every language. */
export function canonical(value) {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return BigInt(value).toString();
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object' && !(Symbol.iterator in value)) {
    const members = Object.entries(value).sort(byCodePoint);
    return `{${members.map(([key, member]) => `${quote(key)}:${canonical(member)}`).join(',')}}`;
  }
  throw new TypeError(`answer: found ${value}, expected integers, strings, lists and objects`);
}

export const digest = (text) => createHash('sha256').update(text).digest('hex');
