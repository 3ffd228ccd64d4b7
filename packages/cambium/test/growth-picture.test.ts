import { DynamicModel, shutdown, type GrowthEvent } from 'cambium';
import { drawGrowth } from 'cambium/report';
import { afterAll, describe, expect, it } from 'vitest';
import { expectRefusal, quadrants, smallModel } from './tasks.ts';
import { elements } from './svg.ts';

afterAll(() => shutdown());

/** An event with what is always there. */
function event(step: number, more: Partial<GrowthEvent>): GrowthEvent {
  return { step, kind: 'add', verdict: 'kept', weightsBefore: 10, weightsAfter: 13, penalty: 1e-4, reason: 'made <without> a test', ...more };
}

const invented = [
  event(10, { axis: 1, index: 4, width: 5 }),
  event(20, { axis: 1, index: 5, width: 5, verdict: 'undone', lossBefore: 0.5, lossAfter: 0.25 }),
  event(30, { kind: 'remove', axis: 0, index: 2, width: 3 }),
  event(30, { kind: 'remove', axis: 0, index: 2, width: 3, verdict: 'undone', lossBefore: 0.5 }),
  event(40, { kind: 'remove', axis: 0, width: 3, verdict: 'blocked' }),
  event(50, { kind: 'addLayer', axis: 0, width: 3 }),
  event(60, { kind: 'prune', removed: [{ axis: 2, index: 0, width: 4 }, { axis: 2, index: 0, width: 3 }, { axis: 0, index: 1, width: 2 }] }),
  event(70, { kind: 'removeLayer', axis: 1 }),
  event(80, { axis: 1, index: 3, width: 4 }),
  event(90, { kind: 'addLayer', axis: 0, width: 2, verdict: 'undone' }),
  event(95, { kind: 'addOutputs', index: 10, width: 12 }),
  event(96, { kind: 'dropInput', index: 7, width: 63 }),
  event(97, { kind: 'dropInput', index: 5, width: 62 }),
  event(98, { kind: 'restoreInput', index: 7, width: 63 }),
  event(99, { kind: 'addInputs', index: 64, width: 65 }),
  event(99, { kind: 'dropInput', index: 3, width: 65, verdict: 'undone', lossBefore: 1, lossAfter: 2, predicted: 0.75 }),
  event(99, { kind: 'replace', axis: 1, index: 2, width: 4, lossBefore: 0.5, lossAfter: 0.25 }),
  event(99, { kind: 'replace', axis: 1, index: 0, width: 4, verdict: 'undone', lossBefore: 0.5, lossAfter: 0.75 }),
];

/** The groups that stand for decisions: their classes and their tooltips. */
function decisions(svg: string): { classes: string; title: string; shape: string; looks: string }[] {
  return elements(svg)
    .filter(({ name, attributes }) => name === 'g' && attributes['class']?.startsWith('decision '))
    .map(({ attributes, children }) => {
      expect(children.map((child) => child.name)).toEqual(['title', 'path']);
      const [title, path] = children;
      return { classes: attributes['class']!, title: title!.text, shape: path!.attributes['d']!, looks: path!.attributes['class']! };
    });
}

describe('drawGrowth', () => {
  it('marks every decision once, with losses, price and reason', () => {
    const drawn = decisions(drawGrowth(invented));
    expect(drawn.map(({ classes }) => classes)).toEqual(invented.map(({ verdict, kind }) => `decision ${verdict} ${kind}`));
    expect(drawn[1]!.title).toBe('step 20: add on axis 1, feature 5: undone, width 5\nloss 0.5 → 0.25\nweights 10 → 13, penalty 0.0001\nmade <without> a test');
    expect(drawn[3]!.title).toContain('loss 0.5 → not a number');
    expect(drawn[0]!.title).toContain('loss not measured');
    expect(drawn[15]!.title).toContain('\nloss 1 → 2, predicted change 0.75\n');
    expect(drawn[11]!.title).toContain('step 96: dropInput 7: kept, width 63\n');
    expect(drawn[9]!.title).toContain('step 90: addLayer on axis 0: undone, width 2\n');
    expect(drawn[6]!.title).toContain('prune of 3 features: kept');
  });

  it('tells them apart by shape alone', () => {
    const drawn = decisions(drawGrowth(invented));
    const outline = (index: number): string => drawn[index]!.shape.replace(/^M[-\d.]+ [-\d.]+/, '');
    const open = (index: number): boolean => / open$/.test(drawn[index]!.looks);
    const [added, tried, removed, stayed, blocked, layer, merged, ends, replaced, kept] = [0, 1, 2, 3, 4, 5, 7, 10, 16, 17];
    expect([added, removed, layer, merged, ends, replaced].some(open)).toBe(false);
    expect([tried, stayed, blocked, kept].every(open)).toBe(true);
    expect(outline(tried)).toBe(outline(added));
    expect(outline(stayed)).toBe(outline(removed));
    expect(outline(kept)).toBe(outline(replaced));
    expect(new Set([added, removed, blocked, layer, merged, ends, replaced].map(outline)).size).toBe(7);
    // A removal on two axes is one mark at two places.
    expect(drawn[6]!.shape.match(/M/g)).toHaveLength(2);
  });

  it('shows each mark in the legend once, within the picture', () => {
    const drawn = elements(drawGrowth(invented));
    const texts = drawn.filter(({ attributes }) => attributes['class'] === 'faint' && attributes['y'] === '88');
    expect(texts.map(({ text }) => text)).toEqual(['added', 'removed', 'replaced', 'tried and undone', 'blocked', 'layer added', 'layer removed', 'inputs or outputs']);
    const last = texts.at(-1)!;
    expect(Number(last.attributes['x']) + 6.5 * last.text.length).toBeLessThan(860);
    expect(drawn.filter(({ name, attributes }) => name === 'path' && attributes['class'] === 'mark ink')).toHaveLength(2);
  });

  it('follows axes through layers that come and go', () => {
    const names = elements(drawGrowth(invented)).filter(({ attributes }) => attributes['class'] === 'ink name');
    expect(names.map(({ text }) => text)).toEqual(['Inputs in use', 'Axis 0', 'An axis, from step 50, gone at step 70', 'Axis 1']);
    const ends = elements(drawGrowth(invented)).filter(({ text }) => /^width \d+$/.test(text));
    expect(ends.map(({ text }) => text)).toEqual(['width 65', 'width 2', 'width 3', 'width 4']);
  });

  it('draws a loaded model from its own events', async () => {
    using data = await quadrants();
    using model = await smallModel();
    const history = await model.fit(data, { epochs: 6, batchSize: 20, growth: { method: 'stochastic', every: 1, weightPenalty: 1e-3, prune: 0.05 } });
    await model.addLayer({ axis: 0 });
    await model.contract({ axis: 2 });
    using loaded = await DynamicModel.load(await model.save());
    const events = await loaded.events();
    expect(events).toHaveLength(history.events.length + 2);
    const svg = drawGrowth(events, { title: 'Loaded' });
    expect(decisions(svg)).toHaveLength(events.length);
    expect(svg).not.toMatch(/<script|NaN|undefined|Infinity|href/);
    // Each line ends at the width that the axis has.
    const widths = elements(svg).filter(({ text }) => /^width \d+$/.test(text)).map(({ text }) => Number(text.slice(6)));
    expect(widths).toEqual(await loaded.widths());
  });

  it('draws a history over the steps of its fit, and nothing at all', async () => {
    using data = await quadrants();
    using model = await smallModel();
    await model.fit(data, { epochs: 1 });
    const history = await model.fit(data, { epochs: 2, batchSize: 20, growth: { method: 'pruneExpand', every: 2 } });
    const svg = drawGrowth(JSON.parse(JSON.stringify(history)) as typeof history, { theme: 'dark' });
    expect(decisions(svg)).toHaveLength(history.events.length);
    expect(svg).not.toContain('prefers-color-scheme');
    expect(drawGrowth(history)).toContain('prefers-color-scheme:dark');
    expect(decisions(drawGrowth([]))).toEqual([]);
    expect(drawGrowth([], { subtitle: 'R&D', steps: 7 })).toContain('R&#38;D');
  });

  it('refuses other things', async () => {
    await expectRefusal(() => drawGrowth({} as never), 'OPTION', /needs events, or a History/);
    await expectRefusal(() => drawGrowth([...invented, {}] as never), 'OPTION', /events as model.events\(\) gives them; number \d+ is \{ *\}/);
    await expectRefusal(() => drawGrowth([], { theme: 'blue' as never }), 'OPTION', /theme must be one of/);
    await expectRefusal(() => drawGrowth(invented, { steps: 50 }), 'OPTION', /steps must be an integer at least 99, not 50/);
    await expectRefusal(() => drawGrowth([], { size: 3 } as never), 'OPTION', /unknown option 'size'/);
  });
});
