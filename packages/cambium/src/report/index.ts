/** Pictures of a fit. */
export type { ReportData } from './data.ts';
export { drawReport, type ReportOptions } from './draw.ts';
