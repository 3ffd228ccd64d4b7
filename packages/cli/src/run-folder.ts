import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CambiumError, type DynamicModel, type History } from 'cambium';
import { drawGrowth, drawReport } from 'cambium/report';

/** A name for a run that began now, such as `digits-2026-05-01T12-30-00`. */
export function runName(task: string, begun: Date): string {
  return `${task}-${begun.toISOString().slice(0, 19).replaceAll(':', '-')}`;
}

/**
 * Writes `model.safetensors`, `history.json`, `report.svg` and `growth.svg` into `folder`, which is made where needed.
 *
 * @param about - goes into `history.json` before the history
 * @throws CambiumError `LOAD_FAILED` where files cannot be written
 */
export async function writeRun(
  folder: string,
  title: string,
  model: DynamicModel,
  history: History,
  about: object,
): Promise<void> {
  const contents = {
    'model.safetensors': await model.save(),
    'history.json': `${JSON.stringify({ ...about, ...history.toJSON() }, null, 1)}\n`,
    'report.svg': drawReport(history, { title }),
    'growth.svg': drawGrowth(await model.events(), { title, steps: (await model.structure()).step }),
  };
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, content] of Object.entries(contents)) await writeFile(join(folder, name), content);
  } catch (cause) {
    throw new CambiumError('LOAD_FAILED', `could not write the run folder ${folder}: ${(cause as Error).message}`, {
      cause,
    });
  }
}
