// One promise per chunk; one thread computes them in turn.

/** Yield the bounds of the chunks: contiguous, with lengths that differ by at most one. */
export function* chunkBounds(n, chunks) {
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    yield [Math.floor((chunk * n) / chunks), Math.floor(((chunk + 1) * n) / chunks)];
  }
}

/**
 * Return the sum of i * i for low <= i < high.
 *
 * A Number is exact only up to 2 ** 53, and the sum is larger. `asIntN` tells the compiler that
 * 64 bits are enough, so it does not have to allocate a BigInt for each step.
 */
export function sumSquares(low, high) {
  let sum = 0n;
  for (let i = low; i < high; i += 1) {
    const big = BigInt(i);
    sum = BigInt.asIntN(64, sum + big * big);
  }
  return sum;
}

export async function run({ n, chunks }) {
  const sums = await Promise.all(
    Array.from(chunkBounds(n, chunks), async ([low, high]) => sumSquares(low, high)),
  );
  return sums.reduce((total, sum) => total + sum);
}
