import { readSafetensors, writeSafetensors, type Tensor } from './formats/safetensors.ts';
import { show } from './check.ts';
import { CambiumError } from './errors.ts';
import type { ModelSpec } from './spec.ts';

/** Where training stands. */
export interface TrainingState {
  /** Version of the format. */
  version: number;
  /** Optimiser steps taken. */
  step: number;
  /** The random streams. Their 64-bit numbers stand as text, which JavaScript's numbers could not hold. */
  streams: unknown;
  /** The decisions about the structure in the engine's own form; `DynamicModel.events()` tells them. @defaultValue none */
  events?: string;
}

/**
 * Everything that makes up a model. Keys of `tensors`, in PyTorch's style and stable through growth:
 *
 * | key | shape |
 * |---|---|
 * | `layers.N.weight` | dense: inputs x outputs; convolution: height x width x inputs x outputs; convolution-to-dense: (input feature x position) x outputs, feature by feature |
 * | `layers.N.bias` | outputs |
 * | `layers.N.weight`, `.bias` of a norm | channels: gain and shift |
 * | `layers.N.running_mean`, `.running_var` | channels: the moving statistics of a `BatchNorm` |
 * | `optimizer.layers.N.weight.first`, `.second` | as the weight: Adam's moments (SGD: velocity); zero if missing |
 * | `optimizer.layers.N.weight.birth` | 1 + inputs + outputs: the steps at which the array and its features were born; all of one age if missing |
 */
export interface ModelState {
  /** The model's description, with its present widths. */
  config: ModelSpec;
  /** The arrays by key. */
  tensors: Record<string, Tensor>;
  /** Where training stands. @defaultValue in `setState` that of the model as it is */
  training?: TrainingState;
}

/** Entry of a file's metadata that holds everything but the arrays. */
const entry = 'cambium';

/** JSON in which whole numbers of more than 15 digits become text, so that no digit is lost. */
function parseExactly(text: string): unknown {
  return JSON.parse(text.replace(/(?<=[:,[]\s*)\d{16,}(?=\s*[,}\]])/g, '"$&"'));
}

/** The opposite of {@link parseExactly}. */
function formatExactly(value: unknown): string {
  return JSON.stringify(value).replace(/"(\d{16,})"/g, '$1');
}

/** The state in the bytes of a saved model. Throws `STATE`. */
export function parseState(bytes: Uint8Array): Required<ModelState> {
  const { tensors, metadata } = readSafetensors(bytes);
  const text = metadata[entry];
  if (text === undefined)
    throw new CambiumError('STATE', `the file has no metadata entry '${entry}': it is not a saved cambium model`);
  let header: { spec?: ModelSpec } & TrainingState;
  try {
    header = parseExactly(text) as typeof header;
  } catch (cause) {
    throw new CambiumError('STATE', `the metadata entry '${entry}' is not JSON`, { cause });
  }
  const { spec, ...training } = header;
  if (typeof spec !== 'object' || spec === null || !Array.isArray(spec.input)) {
    throw new CambiumError('STATE', `the metadata entry '${entry}' describes no model`);
  }
  return { config: spec, tensors, training };
}

/** A state as the bytes of a saved model. Throws `STATE`. */
export function formatState(state: Required<ModelState>): Uint8Array {
  const { config, tensors, training } = state;
  if (typeof config !== 'object' || config === null || typeof tensors !== 'object' || tensors === null) {
    throw new CambiumError('STATE', `a state has config and tensors, as getState gives them, not ${show(state)}`);
  }
  return writeSafetensors(tensors, { [entry]: formatExactly({ ...training, spec: config }) });
}
