import { History, type EpochLog, type FitContext } from 'cambium';
import { describe, expect, it } from 'vitest';
import { progress } from '../src/progress.ts';

describe('progress', () => {
  const log: EpochLog = {
    epoch: 0,
    loss: 1.5,
    valLoss: 1.25,
    valAccuracy: 0.5,
    weightCount: 310,
    widths: [4],
    learningRate: 1e-3,
  };
  const context = { history: new History() } as FitContext;

  it('is one line, written over, on a terminal', () => {
    let text = '';
    const callback = progress({ isTTY: true, columns: 60, write: (part: string) => (text += part) }, 20);
    callback.onEpochEnd!(log, context);
    callback.onEpochEnd!({ ...log, epoch: 19 }, context);
    callback.onTrainEnd!(context);
    const lines = text.split('\r\u001b[2K').slice(1);
    expect(lines).toEqual([
      '[=         ] epoch  1/20  loss 1.5000, on validation data 1',
      '[==========] epoch 20/20  loss 1.5000, on validation data 1\n',
    ]);
  });

  it('is ten lines elsewhere', () => {
    let text = '';
    const callback = progress({ write: (part: string) => (text += part) }, 20);
    for (let epoch = 0; epoch < 20; epoch++) callback.onEpochEnd!({ ...log, epoch }, context);
    callback.onTrainEnd!(context);
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(10);
    expect(lines[0]).toBe('epoch  2/20  loss 1.5000, on validation data 1.2500, 50.0 %  widths 4, 310 weights (features and inputs +0 -0)');
  });
});
