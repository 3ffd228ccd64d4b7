import type { EngineInfo } from 'cambium';
import type { View } from '../store.ts';
import type { State } from '../training/state.ts';
import { byId, element } from './dom.ts';

function rows({ module, numerics, threads, host, memoryBytes, reasons }: EngineInfo): [string, string][] {
  return [
    ['Module', module],
    ['Threads', String(threads)],
    ['Numerics', numerics === 'fast' ? 'fast (fused multiply-add)' : 'portable'],
    ['Host', host],
    ['Memory', `at most ${Math.round(memoryBytes / 2 ** 20)} MiB`],
    ...reasons.map((reason): [string, string] => ['Note', reason]),
  ];
}

/** What the engine is, and why it is not faster. */
export function engineView(): View<State> {
  const list = byId('engine', HTMLDListElement);
  let shown: EngineInfo | undefined;
  return ({ engine }) => {
    if (engine === shown || !engine) return;
    shown = engine;
    list.replaceChildren(
      ...rows(engine).map(([name, value]) => {
        const pair = element('div');
        pair.append(element('dt', name), element('dd', value));
        return pair;
      }),
    );
  };
}
