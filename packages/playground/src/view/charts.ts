import uPlot from 'uplot';
import type { View } from '../store.ts';
import type { Curve } from '../training/curve.ts';
import type { State } from '../training/state.ts';
import { byId } from './dom.ts';
import { colour, themeVersion } from './theme.ts';

const LEGEND_HEIGHT = 30;
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

function options(chart: Chart, size: { width: number; height: number }): uPlot.Options {
  const series = (label: string, stroke: string): uPlot.Series => ({
    ...{ label, stroke, width: 2, points: { show: false } },
    value: (_, value: number | null | undefined) => (value == null ? '–' : chart.text(value)),
  });
  return {
    ...{ ...size, padding: [8, 8, 0, 0] },
    cursor: { points: { size: 7 }, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: chart.scale },
    axes: [axis(undefined, 24), axis((_, ticks) => ticks.map((tick) => (tick === null ? '' : chart.text(tick))), 46)],
    series: [{ label: 'Epoch' }, series('Training', colour('--train')), series('Held out', colour('--valid'))],
  };
}

/** A chart of two curves; made anew when the colours change. */
function chartView(chart: Chart, redraw: () => void): View<State> {
  const box = byId(chart.id, HTMLDivElement);
  let plot: uPlot | undefined;
  let version = -1;
  let size = { width: 0, height: 0 };
  let shown: { curve?: Curve; size?: typeof size } = {};
  new ResizeObserver(([entry]) => {
    const { width, height } = entry!.contentRect;
    size = { width: Math.floor(width), height: Math.floor(height) - LEGEND_HEIGHT };
    redraw();
  }).observe(box);
  return ({ run }) => {
    if (!run || size.width === 0) return false;
    const { curve } = run;
    if (curve === shown.curve && size === shown.size && version === themeVersion()) return false;
    if (!plot || version !== themeVersion()) {
      plot?.destroy();
      plot = new uPlot(options(chart, size), chart.data(curve), box);
      version = themeVersion();
    } else if (size !== shown.size) plot.setSize(size);
    if (curve !== shown.curve) plot.setData(chart.data(curve));
    // Away from the cursor the legend tells the last epoch.
    if (plot.cursor.idx == null) plot.setLegend({ idx: curve.epoch.length === 0 ? null : curve.epoch.length - 1 } as { idx: number });
    shown = { curve, size };
    return true;
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
      text: (value) => (value >= 0.001 ? String(Number(value.toPrecision(2))) : value.toExponential(0)),
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
    return !card.hidden && draw(state, now);
  };
}
