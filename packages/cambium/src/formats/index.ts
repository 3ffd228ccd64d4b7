/** File formats, without the engine. */
export { readSafetensors, writeSafetensors, type Tensor, type TensorFile } from './safetensors.ts';
