import type { Summary } from './runtime/reports.ts';

/** `layer 3`, or `layers 3, 5`. */
function layers(indices: readonly number[]): string {
  return `layer${indices.length > 1 ? 's' : ''} ${indices.join(', ')}`;
}

/** `summary` of a model for rows of so many `features`, as a table that people read. */
export function summaryText(summary: Summary, features: number): string {
  const rows = summary.layers.map((layer, index) => [
    String(index),
    layer.activation && layer.type !== 'Activation' && layer.activation !== 'linear'
      ? `${layer.type} (${layer.activation})`
      : layer.type,
    layer.outputShape.join(' x '),
    layer.weights.toLocaleString('en-US'),
  ]);
  const table = [['layer', 'type', 'output', 'weights'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => (column === 3 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  const axes = summary.axes.map((axis) => {
    const state = axis.growable ? `can grow, at least ${axis.min}` : `fixed: ${axis.reason ?? 'pinned'}`;
    const ends = `from ${layers(axis.producers)} to ${layers(axis.consumers)}`;
    return `axis ${axis.axis}: ${axis.width} features ${ends} (${state})`;
  });
  const inputs = summary.inputs < features ? [`inputs: ${summary.inputs} of ${features} features of the rows in use`] : [];
  return [
    ...lines,
    ...inputs,
    ...axes,
    `${summary.weightCount.toLocaleString('en-US')} weights, ${summary.step} steps taken`,
  ].join('\n');
}
