import type { EpochReport, GrowthEvent } from '../runtime/reports.ts';

/** What a picture is drawn from: a `History`, or its JSON. */
export interface ReportData {
  /** One entry per epoch. */
  readonly epochs: readonly EpochReport[];
  /** Changes of structure. */
  readonly events: readonly GrowthEvent[];
  /** Steps taken in the fit. */
  readonly steps: number;
  /** Optimiser steps taken before the fit. */
  readonly firstStep: number;
}
