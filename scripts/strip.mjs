// Custom sections of a WebAssembly module (names of functions, producers, features) serve tools, not engines.

const MAGIC_AND_VERSION = 8;
const CUSTOM = 0;

/** The module without its custom sections. */
export function stripCustomSections(bytes) {
  const kept = [bytes.subarray(0, MAGIC_AND_VERSION)];
  for (let at = MAGIC_AND_VERSION; at < bytes.length; ) {
    const [size, from] = unsignedLeb128(bytes, at + 1);
    if (bytes[at] !== CUSTOM) kept.push(bytes.subarray(at, from + size));
    at = from + size;
  }
  return Buffer.concat(kept);
}

/** The number at `at`, and where the next byte lies. */
function unsignedLeb128(bytes, at) {
  let [value, shift] = [0, 0];
  for (;;) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
    shift += 7;
  }
}
