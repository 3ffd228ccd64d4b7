import { describe, expect, it } from 'vitest';
import { drawReport, type ReportData } from '../src/report/index.ts';
import { linearScale, logScale } from '../src/report/scale.ts';
import { marks, widthLines } from '../src/report/widths.ts';
import { expectError } from './errors.ts';

const event = (step: number, more: object) => ({
  step,
  kind: 'add',
  axis: 0,
  verdict: 'kept',
  weightsBefore: 1,
  weightsAfter: 2,
  penalty: 0,
  reason: '',
  ...more,
});

const history = {
  epochs: [
    {
      epoch: 0,
      loss: 2,
      accuracy: 0.3,
      valLoss: 2.1,
      valAccuracy: 0.2,
      weightCount: 100,
      widths: [5, 4],
      learningRate: 1e-3,
    },
    {
      epoch: 1,
      loss: 0.05,
      accuracy: 0.9,
      valLoss: 0.5,
      valAccuracy: 0.8,
      weightCount: 110,
      widths: [6, 2],
      learningRate: 1e-3,
    },
  ],
  events: [
    event(105, { width: 5 }),
    event(108, { verdict: 'undone' }),
    event(112, {
      kind: 'prune',
      axis: undefined,
      removed: [
        { axis: 1, index: 0, width: 2 },
        { axis: 1, index: 3, width: 2 },
      ],
    }),
    event(115, { width: 6 }),
  ],
  steps: 20,
  firstStep: 100,
} as ReportData;

describe('drawReport', () => {
  it('follows the widths through every change, starting from the end', () => {
    expect(widthLines(history)).toEqual([
      [
        { time: 0, width: 4 },
        { time: 0.5, width: 5 },
        { time: 1.5, width: 6 },
        { time: 2, width: 6 },
      ],
      [
        { time: 0, width: 4 },
        { time: 1.2, width: 2 },
        { time: 2, width: 2 },
      ],
    ]);
    expect(marks(history)).toEqual({ added: [0.5, 1.5], removed: [1.2] });
  });

  it('knows that a feature in the place of another changes no width', () => {
    const replaced = event(110, { kind: 'replace', index: 1, width: 5 });
    const more = { ...history, events: [...history.events, replaced] } as ReportData;
    expect(widthLines(more)).toEqual(widthLines(history));
    expect(marks(more)).toEqual(marks(history));
  });

  it('shows the ends of the epochs where a layer came', () => {
    const renumbered = { ...history, events: [event(105, { kind: 'addLayer' })] } as ReportData;
    expect(widthLines(renumbered)[1]).toEqual([
      { time: 1, width: 4 },
      { time: 2, width: 2 },
    ]);
  });

  it('draws well-formed SVG without scripts, and escapes the title', () => {
    const svg = drawReport(history, { title: '<b>"R&D"</b>\u0007' });
    expect(svg).toMatch(/^<svg xmlns=/);
    expect(svg).toContain('<title>&#60;b&#62;&#34;R&#38;D&#34;&#60;/b&#62;</title>');
    expect(svg).not.toMatch(/<script|NaN|undefined|Infinity|href/);
    const open: string[] = [];
    for (const [, close, name, , end] of svg.matchAll(/<(\/?)([a-z]+)([^<>]*?)(\/?)>/g)) {
      if (close) expect(open.pop()).toBe(name);
      else if (!end) open.push(name!);
    }
    expect(open).toEqual([]);
    for (const text of [
      'Loss (logarithmic)',
      'Accuracy',
      'Widths',
      'training 0.05',
      'validation 80 %',
      'added',
      'removed',
    ])
      expect(svg).toContain(text);
  });

  it('is light, dark, or either as the viewer prefers', () => {
    expect(drawReport(history)).toContain('prefers-color-scheme:dark');
    const [light, dark] = (['light', 'dark'] as const).map((theme) => drawReport(history, { theme }));
    expect(light).not.toContain('prefers-color-scheme');
    expect(light).not.toEqual(dark);
  });

  it('draws histories with one epoch, none, without validation, and with equal losses', () => {
    const bare = { epoch: 0, loss: 1, weightCount: 1, widths: [], learningRate: 1 };
    for (const epochs of [[], [bare], [bare, { ...bare, epoch: 1 }], [{ ...bare, loss: 0 }], [{ ...bare, loss: -2 }]]) {
      expect(drawReport({ epochs, events: [], steps: epochs.length, firstStep: 0 })).not.toMatch(
        /NaN|undefined|Infinity/,
      );
    }
  });

  it('rejects other things', async () => {
    await expectError(() => drawReport({} as never), 'OPTION', /needs a History/);
    await expectError(() => drawReport(history, { theme: 'blue' as never }), 'OPTION', /theme must be one of/);
  });
});

describe('scales', () => {
  it('mark round values', () => {
    expect(linearScale(0, 0.93, [0, 100]).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearScale(0, 7, [0, 100], 10, true).ticks).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(logScale(0.03, 3, [0, 100]).ticks).toEqual([0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]);
    expect(logScale(1e-4, 1000, [0, 100]).ticks).toEqual([0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000]);
    expect(logScale(0.1, 10, [100, 0]).at(1)).toBeCloseTo(50);
  });
});
