import uPlot from 'uplot';
import type { View } from '../store.ts';
import type { Curve } from '../training/curve.ts';
import type { State } from '../training/state.ts';
import { byId } from './dom.ts';
import { colour, themeVersion } from './theme.ts';

const HEIGHT = 190;
/** Losses below this are drawn as this: the axis is logarithmic. */
const LEAST_LOSS = 1e-6;

interface Chart {
  id: string;
  /** x, training, held out. */
  data(curve: Curve): uPlot.AlignedData;
  scale: uPlot.Scale;
  text(value: number): string;
}

function axis(values: uPlot.Axis.Values | undefined, size: number): uPlot.Axis {
  return {
    ...{ stroke: colour('--faint'), font: '11px system-ui, sans-serif', size, gap: 4 },
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { show: false },
    ...(values && { values }),
  };
}

function options(chart: Chart, width: number): uPlot.Options {
  const series = (label: string, stroke: string): uPlot.Series => ({
    ...{ label, stroke, width: 2, points: { show: false } },
    value: (_, value) => (value === null ? '–' : chart.text(value)),
  });
  return {
    ...{ width, height: HEIGHT, padding: [8, 8, 0, 0] },
    cursor: { points: { size: 7 }, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: chart.scale },
    axes: [axis(undefined, 24), axis((_, ticks) => ticks.map((tick) => (tick === null ? '' : chart.text(tick))), 52)],
    series: [{ label: 'Epoch' }, series('Training', colour('--train')), series('Held out', colour('--valid'))],
  };
}

/** A chart of two curves; made anew when the colours change. */
function chartView(chart: Chart, redraw: () => void): View<State> {
  const box = byId(chart.id, HTMLDivElement);
  let plot: uPlot | undefined;
  let [version, width] = [-1, 0];
  let shown: Curve | undefined;
  new ResizeObserver(([entry]) => {
    width = Math.floor(entry!.contentRect.width);
    redraw();
  }).observe(box);
  return ({ run }) => {
    if (!run || width === 0) return;
    if (!plot || version !== themeVersion()) {
      plot?.destroy();
      plot = new uPlot(options(chart, width), chart.data(run.curve), box);
      version = themeVersion();
    } else if (shown !== run.curve) plot.setData(chart.data(run.curve));
    shown = run.curve;
    if (plot.width !== width) plot.setSize({ width, height: HEIGHT });
  };
}

/** Loss over the epochs. */
export function lossView(redraw: () => void): View<State> {
  const clamp = (losses: number[]): number[] => losses.map((loss) => Math.max(LEAST_LOSS, loss));
  return chartView(
    {
      id: 'loss',
      data: (curve) => [curve.epoch, clamp(curve.loss), clamp(curve.valLoss)],
      scale: { distr: 3 },
      text: (value) => (value >= 0.001 ? String(Number(value.toPrecision(3))) : value.toExponential(0)),
    },
    redraw,
  );
}

/** Share of right rows over the epochs; hidden where targets are numbers. */
export function accuracyView(redraw: () => void): View<State> {
  const card = byId('accuracy-card', HTMLElement);
  const draw = chartView(
    {
      id: 'accuracy',
      data: (curve) => [curve.epoch, curve.accuracy, curve.valAccuracy],
      scale: { range: (_, least) => [Math.min(0.9, Math.floor(10 * (least ?? 0)) / 10), 1] },
      text: (value) => `${Number((100 * value).toFixed(1))} %`,
    },
    redraw,
  );
  return (state, now) => {
    card.hidden = state.run?.task.train.targets.type === 'values';
    return card.hidden ? undefined : draw(state, now);
  };
}
