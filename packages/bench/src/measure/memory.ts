/** Memory after training, each network in a process of its own. */
import { fastest } from '../contenders.ts';
import { networks, type Network } from '../networks.ts';
import { Peer } from '../peer.ts';
import type { MemoryRow } from '../results.ts';

/** With its warm-up enough for many steps of any of the networks. */
const TRAIN_MS = 100;

/** What Cambium, TensorFlow.js and, with a Python, PyTorch take. */
export async function memory(names: readonly string[], python: string | undefined): Promise<MemoryRow[]> {
  const rows: MemoryRow[] = [];
  for (const net of networks.filter(({ name }) => names.includes(name))) {
    rows.push(await row('cambium', Peer.cambium(fastest), net));
    if (net.filters.length === 0) rows.push(await row('tfjs', Peer.tfjs(), net));
    if (python !== undefined) rows.push(await row('torch', Peer.torch(python), net));
  }
  return rows;
}

async function row(contender: string, peer: Peer, net: Network): Promise<MemoryRow> {
  await peer.ask('step', { net, milliseconds: TRAIN_MS, threads: 1 });
  const { process, engine } = await peer.ask('memory', {});
  await peer.close();
  return { net: net.name, contender, process, ...(engine !== undefined && { engine }) };
}
