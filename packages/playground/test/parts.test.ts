import type { EpochLog, GrowthEvent } from 'cambium';
import { describe, expect, it } from 'vitest';
import { toyPoints } from '../src/data/toys.ts';
import { remember, type Change } from '../src/training/changes.ts';
import { emptyCurve, extend } from '../src/training/curve.ts';
import { Gate } from '../src/training/gate.ts';
import { applied, structureOf } from '../src/training/structure.ts';
import { layout } from '../src/view/layout.ts';

const event = (part: Partial<GrowthEvent>): GrowthEvent => ({
  ...{ step: 1, kind: 'add', axis: 0, index: 1, width: 3, weightsBefore: 1, weightsAfter: 2, penalty: 0, verdict: 'kept', reason: '' },
  ...part,
});

describe('toy sets', () => {
  it.each(['spirals', 'moons', 'circles'] as const)('%s: the same for a seed, in the square, both classes alike', (name) => {
    const points = toyPoints(name, 400, 1);
    expect(points).toEqual(toyPoints(name, 400, 1));
    expect(points.x).not.toEqual(toyPoints(name, 400, 2).x);
    expect(points.x.every((value) => Math.abs(value) < 1.2)).toBe(true);
    expect(points.y.reduce((sum, label) => sum + label, 0)).toBe(200);
  });
});

describe('structure', () => {
  it('keeps the numbers of units that stay', () => {
    const before = structureOf([2, 2, 1]);
    const [first, second] = before[1]!;
    const grown = applied(before, event({ index: 1 }));
    expect(grown[1]).toEqual([first, expect.any(Number), second]);
    expect(applied(grown, event({ kind: 'remove', index: 0 }))[1]).toEqual(grown[1]!.slice(1));
    expect(applied(before, event({ verdict: 'undone' }))).toBe(before);
  });
});

describe('memory of changes', () => {
  it('forgets rejected ones first', () => {
    let changes: readonly Change[] = [];
    for (let number = 1; number <= 1000; number++) changes = remember(changes, { ...event({ verdict: number % 50 === 0 ? 'kept' : 'undone' }), number });
    expect(changes.length).toBe(100);
    expect(changes.filter((change) => change.verdict === 'kept').length).toBe(20);
    expect(changes.at(-1)!.number).toBe(1000);
  });
});

describe('curve', () => {
  it('thins out, and keeps the first and last epoch', () => {
    let curve = emptyCurve;
    for (let epoch = 0; epoch < 5000; epoch++) curve = extend(curve, { epoch, loss: 1, valLoss: 2, weightCount: 3, widths: [4], learningRate: 5 } as EpochLog);
    expect(curve.epoch.length).toBeLessThanOrEqual(1001);
    expect([curve.epoch[0], curve.epoch.at(-1)]).toEqual([1, 5000]);
    expect(curve.epoch).toEqual([...curve.epoch].sort((a, b) => a - b));
    expect(curve.valLoss.length).toBe(curve.epoch.length);
  });
});

describe('gate', () => {
  it('lets as many epochs through as allowed', async () => {
    const gate = new Gate();
    const through: string[] = [];
    const waiting = gate.pass().then(() => through.push('passed'));
    await Promise.resolve();
    expect(through).toEqual([]);
    gate.allow(2);
    await waiting;
    gate.spend();
    expect(gate.open).toBe(true);
    gate.spend();
    expect(gate.open).toBe(false);
  });
});

describe('layout', () => {
  it.each([
    [[2, 4, 4, 2], 320, 320],
    [[64, 60, 10], 320, 320],
    [[3000, 500, 500, 200], 700, 320],
  ])('widths %j stay on the picture, layers apart, units apart', (widths, width, height) => {
    const { places, radius } = layout(widths, undefined, width, height);
    places.forEach((layer, i) => {
      expect(layer.length).toBe(widths[i]);
      for (const { x, y } of layer) expect(x >= 0 && x <= width && y >= 0 && y <= height).toBe(true);
      expect(new Set(layer.map(({ x, y }) => `${x.toFixed(3)} ${y.toFixed(3)}`)).size).toBe(widths[i]);
      expect(radius[i]).toBeGreaterThan(0);
      if (i > 0) expect(Math.min(...layer.map(({ x }) => x))).toBeGreaterThan(Math.max(...places[i - 1]!.map(({ x }) => x)));
    });
  });
});
