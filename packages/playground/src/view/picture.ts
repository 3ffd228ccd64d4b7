import type { Picture } from '../data/task.ts';
import type { View } from '../store.ts';
import type { Snapshot, State } from '../training/state.ts';
import { Surface } from './canvas.ts';
import { DigitsPicture } from './digits-picture.ts';
import { byId, setText } from './dom.ts';
import { SurfacePicture } from './surface-picture.ts';
import { themeVersion } from './theme.ts';

/** How one kind of picture is drawn. Made for one task and one set of colours. */
export interface Painter {
  title: string;
  legend: string;
  /** Takes the model's outputs for the picture's rows; false where the picture stays as it is. */
  take(outputs: Float32Array): boolean;
  /** Draws what was taken last; gives a sentence on what is to be seen. */
  draw(context: CanvasRenderingContext2D, width: number, height: number): string;
}

function painterFor(picture: Picture, labels: boolean): Painter {
  return picture.type === 'surface' ? new SurfacePicture(picture, labels) : new DigitsPicture(picture.rows);
}

/** What the model makes of its data: the plane, or some digits. Hidden for other data. */
export function pictureView(redraw: () => void): View<State> {
  const card = byId('picture-card', HTMLElement);
  const [title, legend] = [byId('picture-title', HTMLHeadingElement), byId('picture-legend', HTMLParagraphElement)];
  const surface = new Surface(byId('picture', HTMLCanvasElement), redraw);
  let [picture, painter, version]: [Picture | undefined, Painter | undefined, number] = [undefined, undefined, -1];
  let shown: Snapshot | undefined;
  return ({ run }) => {
    card.hidden = run !== undefined && run.task.picture === undefined;
    if (!run?.task.picture || !run.snapshot.outputs) return false;
    if (picture !== run.task.picture || version !== themeVersion()) {
      [picture, version, shown] = [run.task.picture, themeVersion(), undefined];
      painter = painterFor(picture, run.task.train.targets.type === 'labels');
      setText(title, painter.title);
      setText(legend, painter.legend);
    }
    const changed = shown !== run.snapshot && painter!.take(run.snapshot.outputs);
    shown = run.snapshot;
    if ((!changed && !surface.resized) || !surface.begin()) return false;
    surface.canvas.setAttribute('aria-label', painter!.draw(surface.context, surface.width, surface.height));
    return true;
  };
}
