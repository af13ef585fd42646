// Encodes latencies as an HdrHistogram, format V2: 2,048 linear buckets, then 1,024 per doubling.
// The histogram of `node:perf_hooks` does not expose its counts.
import { deflateSync } from 'node:zlib';

const HIGHEST_NS = 120_000_000_000;
const BUCKETS = 1_024; // per doubling: three significant digits
const COOKIE = 0x1c849313;
const COMPRESSED_COOKIE = 0x1c849314;

/** Return the index of the bucket that counts a latency. */
function bucketIndex(latency) {
  let doublings = 0;
  while (latency >= 2 * BUCKETS * 2 ** doublings) doublings += 1;
  return doublings * BUCKETS + Math.floor(latency / 2 ** doublings);
}

/** Yield an integer as ZigZag LEB128: seven bits a byte, lowest first. */
function* zigZag(number) {
  let rest = number < 0 ? -2 * number - 1 : 2 * number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) yield 128 + (rest % 128);
  yield rest;
}

/** Yield the counts up to the last one above zero; a run of zeros becomes its negative length. */
function* encode(counts) {
  let zeros = 0;
  for (const count of counts) {
    if (count === 0) {
      zeros += 1;
      continue;
    }
    if (zeros > 0) yield* zigZag(-zeros);
    zeros = 0;
    yield* zigZag(count);
  }
}

/** Return latencies, in nanoseconds, in the format of the message `latency`. */
export function histogram(latencies) {
  const counts = new Uint32Array(bucketIndex(HIGHEST_NS) + 1);
  for (const latency of latencies) counts[bucketIndex(Math.min(latency, HIGHEST_NS))] += 1;
  const payload = Uint8Array.from(encode(counts));

  const header = Buffer.alloc(40);
  header.writeUInt32BE(COOKIE, 0);
  header.writeUInt32BE(payload.length, 4);
  header.writeUInt32BE(0, 8); // offset
  header.writeUInt32BE(3, 12); // significant digits
  header.writeBigUInt64BE(1n, 16); // lowest value
  header.writeBigUInt64BE(BigInt(HIGHEST_NS), 24); // highest value
  header.writeDoubleBE(1, 32); // scale

  const compressed = deflateSync(Buffer.concat([header, payload]));
  const envelope = Buffer.alloc(8);
  envelope.writeUInt32BE(COMPRESSED_COOKIE, 0);
  envelope.writeUInt32BE(compressed.length, 4);
  return Buffer.concat([envelope, compressed]).toString('base64');
}
