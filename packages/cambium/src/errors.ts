/**
 * What kind of rule was broken.
 *
 * | code | meaning |
 * |---|---|
 * | `SHAPE` | a shape or a length does not fit |
 * | `LABEL` | a label lies outside the classes |
 * | `NOT_FINITE` | NaN or infinity, in data, in a gradient or in a loss |
 * | `OPTION` | a value outside its range, or an unknown option |
 * | `INDEX` | an axis, layer, feature or row that does not exist |
 * | `STRUCTURE` | a structural change that the model's shape forbids |
 * | `STATE` | a saved state or a data file that does not parse or does not fit |
 * | `BUSY` | the model is being fitted and cannot do this before the fit has ended |
 * | `OUT_OF_MEMORY` | memory could not be reserved |
 * | `DISPOSED` | the model or data set was disposed |
 * | `ENGINE_DIED` | the engine was shut down or has stopped; `init()` starts a new one |
 * | `LOAD_FAILED` | a module, file or address could not be loaded |
 * | `ABORTED` | the `AbortSignal` of a `fit` fired; `cause` is its reason |
 */
export type ErrorCode =
  | 'SHAPE'
  | 'LABEL'
  | 'NOT_FINITE'
  | 'OPTION'
  | 'INDEX'
  | 'STRUCTURE'
  | 'STATE'
  | 'BUSY'
  | 'OUT_OF_MEMORY'
  | 'DISPOSED'
  | 'ENGINE_DIED'
  | 'LOAD_FAILED'
  | 'ABORTED';

/** The one error class of the package. An operation that throws it has changed nothing, except where its description says so (`fit`). */
export class CambiumError extends Error {
  /** `'CambiumError'`; with the code `ABORTED` it is `'AbortError'`, as the platform's own functions have it. */
  override readonly name: string;
  /** Which rule was broken; for programs. */
  readonly code: ErrorCode;

  /**
   * @param code - which rule was broken
   * @param message - what was given, and what would be right
   * @param options - `cause`: the error behind this one
   */
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = code === 'ABORTED' ? 'AbortError' : 'CambiumError';
    this.code = code;
  }
}
