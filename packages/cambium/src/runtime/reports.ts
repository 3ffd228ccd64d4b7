/** What the engine tells, as plain data. */

/** One feature that came or went: its axis, its place there, and the width afterwards. */
export interface FeatureChange {
  /** The hidden axis. */
  axis: number;
  /** The feature's place: where it stands now, or stood before the change. */
  index: number;
  /** Width of the axis after the change. */
  width: number;
}

/** A change that could not be made. */
export interface BlockedChange {
  /** The hidden axis. */
  axis?: number;
  /** The feature's place on the axis. */
  index?: number;
  /** Why not. */
  reason: string;
}

/** What a structural change did, and what it could not do. */
export interface ChangeReport {
  /** Features that came. */
  added: FeatureChange[];
  /** Features that went. */
  removed: FeatureChange[];
  /** What was asked for and could not be done. */
  blocked: BlockedChange[];
  /** Features of a row in use after the change. */
  inputs: number;
  /** Trainable numbers of the model after the change. */
  weightCount: number;
  /** Number of layers after the change. */
  layers: number;
}

/** One try to change the structure. */
export interface GrowthEvent {
  /** Optimiser steps the model had taken before it. */
  step: number;
  /** What was tried. */
  kind: 'add' | 'remove' | 'replace' | 'prune' | 'addLayer' | 'removeLayer' | 'addInputs' | 'addOutputs' | 'dropInput' | 'restoreInput';
  /**
   * The hidden axis, where one feature was concerned. For `addLayer` the one that the layer was put on, which now ends in it;
   * the next one begins there. For `removeLayer` the one that was between the two layers and is gone.
   */
  axis?: number;
  /** The feature's place on the axis; of a feature of the rows its place there; the first of new inputs or outputs. */
  index?: number;
  /** Width of the axis, or number of inputs in use or of outputs, after the decision; none where the axis is gone. */
  width?: number;
  /** All features removed by a prune. */
  removed?: FeatureChange[];
  /** What could not be done, and why. */
  blocked?: BlockedChange[];
  /**
   * Loss before the change, where it was measured. Removals of one round in `'auto'`, `'price'` and `'budget'` are all judged in the
   * network before the first of them, so they have the same one; `'budget'` may make several rounds at one event.
   */
  lossBefore?: number;
  /**
   * Loss with the change, where it was measured. Such a removal is measured without the others, and with what the remaining
   * features can take over of its work, also where `'auto'` and `'price'` leave that to training, in dense layers.
   */
  lossAfter?: number;
  /**
   * The change of the loss that was predicted before it was measured, in units of the loss, where a first look was taken: for
   * `remove` and `dropInput` of `'auto'`, `'price'` and `'budget'` half of the residual variance × squares of the outgoing
   * weights × squares of the gradients; for `restoreInput` minus the gain that the gradient promises.
   */
  predicted?: number;
  /** Weights right before the change: others of the same event may have come or gone by then. */
  weightsBefore: number;
  /** Weights with the change. */
  weightsAfter: number;
  /**
   * What a unit of cost was worth, in units of the loss: a weight, or in a fit that counts those a multiply-add of one row
   * forward or a microsecond of one row in a step; 0 where nothing was weighed.
   */
  penalty: number;
  /** Whether the change stands, was undone, or could not be made. */
  verdict: 'kept' | 'undone' | 'blocked';
  /** Why, in words and numbers. */
  reason: string;
}

/** A {@link GrowthEvent} as the engine tells it: without a reason where the numbers say it all. */
export interface EventRecord extends Omit<GrowthEvent, 'reason'> {
  reason?: string;
}

/** The figures at the end of one epoch. */
export interface EpochReport {
  /** Which epoch, from 0. */
  epoch: number;
  /** Mean loss of the rows, each in its own step. */
  loss: number;
  /** Share of right rows, each in its own step; for cross-entropies. */
  accuracy?: number;
  /** Mean loss of the validation data after the epoch. */
  valLoss?: number;
  /** Share of right rows of the validation data after the epoch; for cross-entropies. */
  valAccuracy?: number;
  /** Trainable numbers of the model. */
  weightCount: number;
  /** Features on each hidden axis. */
  widths: number[];
  /** Learning rate of the last step. */
  learningRate: number;
}

/** What one chunk of steps brought. */
export interface ChunkReport {
  step: number;
  epoch: number;
  stepsInEpoch: number;
  stepInEpoch: number;
  losses: number[];
  events: EventRecord[];
  epochEnd?: EpochReport;
  done: boolean;
  /** What the chunk took, and growth events in it. */
  milliseconds: number;
  eventMilliseconds: number;
}

/** Mean loss, and the share of right labels where the targets are classes. */
export interface Evaluation {
  /** Mean loss over the rows. */
  loss: number;
  /** Share of right rows, from 0 to 1; for cross-entropies. */
  accuracy?: number;
}

/** One layer in a summary. */
export interface LayerSummary {
  /** Its name in states, e.g. `layers.0`. */
  name: string;
  /** Its class, e.g. `DynamicDense`. */
  type: string;
  /** Shape of one row of its outputs. */
  outputShape: number[];
  /** Its trainable numbers. */
  weights: number;
  /** Its nonlinearity. */
  activation?: string;
  /** Whether its widths can change. */
  dynamic: boolean;
}

/**
 * A hidden axis in a summary: the features that one linear layer makes and the next one reads, counted from the input. Where a
 * residual block adds to a stream, several layers make and read the same features.
 */
export interface AxisSummary {
  /** Its number, from 0. */
  axis: number;
  /** Features on it. */
  width: number;
  /** Never fewer features than this. */
  min: number;
  /** Whether features can come and go. */
  growable: boolean;
  /** Why not, if not. */
  reason?: string;
  /** Indices of the layers whose outputs the features are, first to last. */
  producers: number[];
  /** Indices of the layers whose inputs the features are, first to last. */
  consumers: number[];
}

/** The structure of a model. */
export interface Summary {
  /** First to last. */
  layers: LayerSummary[];
  /** The hidden axes, first to last. */
  axes: AxisSummary[];
  /** Trainable numbers, biases included. */
  weightCount: number;
  /** Multiply-adds of one row on its way forward, without biases and norms. */
  multiplyAdds: number;
  /** Nanoseconds that a multiply-add of each layer takes in a step, 0 for layers without; absent where that was not measured. */
  rates?: number[];
  /** Features on each hidden axis. */
  widths: number[];
  /** Features of a row in use. */
  inputs: number;
  /** Fewest of them, where some may be dropped or come back; else absent. */
  minInputs?: number;
  /** Optimiser steps taken. */
  step: number;
}
