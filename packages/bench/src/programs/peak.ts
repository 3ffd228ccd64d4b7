/** A thread that keeps one core busy beside another: runs the peak loop as often as it is told. */
import { parentPort, workerData } from 'node:worker_threads';

const { exports } = new WebAssembly.Instance(workerData as WebAssembly.Module);
const { peak_fused } = exports as { peak_fused(rounds: number): number };
parentPort!.on('message', (rounds: number) => parentPort!.postMessage(peak_fused(rounds)));
