import type { Callback, EpochLog } from 'cambium';

/** Where progress goes: `process.stderr`, or something like it. */
export interface Terminal {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

function percent(value: number | undefined): string {
  return value === undefined ? '-' : `${(100 * value).toFixed(1)} %`;
}

function line(log: EpochLog, epochs: number, added: number, removed: number): string {
  const width = String(epochs).length;
  const loss = `loss ${log.loss.toFixed(4)}, on validation data ${log.valLoss?.toFixed(4) ?? '-'}`;
  const size = `widths ${log.widths.join('-')}, ${log.weightCount} weights (features and inputs +${added} -${removed})`;
  return `epoch ${String(log.epoch + 1).padStart(width)}/${epochs}  ${loss}, ${percent(log.valAccuracy)}  ${size}`;
}

/** A bar of ten cells. */
function bar(share: number): string {
  const full = Math.round(10 * share);
  return `[${'='.repeat(full)}${' '.repeat(10 - full)}]`;
}

/**
 * Shows how a fit goes: on a terminal one line that is written over and over, elsewhere a line for each tenth of the epochs.
 */
export function progress(terminal: Terminal, epochs: number): Callback {
  const every = Math.max(1, Math.floor(epochs / 10));
  return {
    onEpochEnd(log, { history }) {
      const text = line(log, epochs, history.added, history.removed);
      if (terminal.isTTY) {
        // Cut to the terminal's width: a line that wraps could not be written over.
        const shown = `${bar((log.epoch + 1) / epochs)} ${text}`.slice(0, (terminal.columns ?? 80) - 1);
        terminal.write(`\r\u001b[2K${shown}`);
      } else if ((log.epoch + 1) % every === 0 || log.epoch + 1 === epochs) {
        terminal.write(`${text}\n`);
      }
    },
    onTrainEnd() {
      if (terminal.isTTY) terminal.write('\n');
    },
  };
}
