// Does nothing, awaited.
export async function run() {
  return 0;
}
