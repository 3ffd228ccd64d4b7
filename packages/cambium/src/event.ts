import type { EventRecord, GrowthEvent } from './runtime/reports.ts';

/** One for all events: a getter of its own takes V8 longer to define. */
const wording: PropertyDescriptor & ThisType<EventRecord> = {
  enumerable: true,
  configurable: true,
  get() {
    return judgement(this);
  },
};

/** The event itself, with its reason, which is put into words when somebody reads it: most are never read. */
export function explained(record: EventRecord): GrowthEvent {
  if (record.reason === undefined) Object.defineProperty(record, 'reason', wording);
  return record as GrowthEvent;
}

/** What the numbers of an event say, in words. */
export function judgement({ lossBefore, lossAfter, weightsBefore, weightsAfter, penalty }: EventRecord): string {
  const cost = (loss: number | undefined, weights: number): string => figure(loss === undefined ? undefined : loss + penalty * weights);
  const losses = `loss ${figure(lossBefore)} -> ${figure(lossAfter)}`;
  const price = `weights ${weightsBefore} -> ${weightsAfter} at ${penalty} each`;
  return `${losses} and ${price}: ${cost(lossBefore, weightsBefore)} -> ${cost(lossAfter, weightsAfter)}`;
}

function figure(value: number | undefined): string {
  return value === undefined ? 'not a number' : value.toFixed(6);
}
