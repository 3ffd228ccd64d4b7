// wasm-bindgen's JavaScript keeps its instance in module variables, so a program could never have a second one. Here
// it becomes a function: each call gives a fresh set of bindings.

/**
 * @param source - what wasm-bindgen wrote with `--target web`
 * @param build - the build that the bindings belong to; they carry it as `build`
 * @returns an ES module whose default export is `glue(startWorkers)`
 */
export function glueFactory(source, build) {
  const names = [...source.matchAll(/^export (?:class|function) (\w+)/gm)].map((match) => match[1]);
  const body = source
    .replace(/^\/\* @ts-self-types.*\n/m, '')
    .replace(/^import \{ startWorkers \} from .*\n/m, '')
    .replace(/^export (class|function) /gm, '$1 ')
    .replace(/^export \{ initSync, __wbg_init as default \};\n/m, '');
  if (/^\s*(import|export)\b/m.test(body)) throw new Error('the output of wasm-bindgen has an import or export that is not known here');
  return `// Made by wasm-bindgen; wrapped so that each call gives a fresh set of bindings.
export default function glue(startWorkers) {
${body}
return { build: ${JSON.stringify(build)}, initSync, ${names.join(', ')} };
}
`;
}

/** Types for {@link glueFactory}'s module; `classes` is the name of the declarations wasm-bindgen wrote. */
export function glueTypes(classes) {
  return `import type * as classes from './${classes}';
export default function glue(startWorkers?: (module: WebAssembly.Module, memory: WebAssembly.Memory, builder: any) => Promise<void>): typeof classes & { readonly build: string };
`;
}
