/** A module that the runtime compiles before the program starts. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

/** The bytes of a module as text, put there by the build. */
declare module '*.wasm?base64' {
  const base64: string;
  export default base64;
}
