/** Pictures of a fit, and of a model's growth. */
export type { ReportData } from './data.ts';
export { drawReport, type ReportOptions } from './draw.ts';
export { drawGrowth, type GrowthPictureOptions } from './growth.ts';
