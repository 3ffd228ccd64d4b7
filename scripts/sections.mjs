// Custom sections of a WebAssembly module: those of the compiler (names of functions, producers, features) serve tools, not
// engines, and give way to one of ours.

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

/** The module with one more custom section at its end. Both texts have less than 128 bytes together. */
export function addCustomSection(bytes, name, text) {
  const body = Buffer.concat([sized(Buffer.from(name)), Buffer.from(text)]);
  return Buffer.concat([bytes, Buffer.from([CUSTOM]), sized(body)]);
}

/** The bytes after their number. One byte holds it, of which LEB128 leaves seven bits. */
function sized(bytes) {
  if (bytes.length >= 0x80) throw new RangeError(`a custom section of ${bytes.length} bytes; 127 at most`);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
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
