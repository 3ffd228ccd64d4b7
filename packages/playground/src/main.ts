import { builtInTask, SEED, tableTask } from './data/task.ts';
import { readCsv } from './data/read-csv.ts';
import { Store } from './store.ts';
import { Session } from './training/session.ts';
import { initialState, type State } from './training/state.ts';
import { changesView } from './view/changes.ts';
import { accuracyView, lossView } from './view/charts.ts';
import { controlsView } from './view/controls.ts';
import { dropTarget } from './view/drop.ts';
import { edgesView } from './view/edges.ts';
import { engineView } from './view/engine.ts';
import { networkView } from './view/network.ts';
import { pictureView } from './view/picture.ts';
import { readoutsView } from './view/readouts.ts';
import { onThemeChange } from './view/theme.ts';

const store = new Store<State>(initialState);
const session = new Session(store);
const redraw = (): void => store.redraw();

store.show(
  [
    controlsView({
      choose: (name) => void session.choose(name, () => builtInTask(name)),
      start: () => session.start(),
      pause: () => session.pause(),
      step: () => session.step(),
      reset: () => void session.reset(),
      set: (settings) => session.set(settings),
      save: () => session.save(),
    }),
    engineView(),
    readoutsView(),
    networkView(redraw),
  ],
  [edgesView(redraw), pictureView(redraw), lossView(redraw), accuracyView(redraw), changesView()],
);
dropTarget((file) => void session.choose('csv', async () => tableTask(file.name, await readCsv(file, SEED))));
onThemeChange(redraw);
void session.choose('digits', () => builtInTask('digits'));
