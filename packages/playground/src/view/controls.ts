import { builtIn, type BuiltIn } from '../data/task.ts';
import type { View } from '../store.ts';
import { stepsPerEpoch, stepsPerUpdate } from '../training/growth.ts';
import type { Settings, State } from '../training/state.ts';
import { byId, setText } from './dom.ts';
import { saveFile } from './save-file.ts';

/** What a person can ask for. */
export interface Commands {
  choose(name: BuiltIn): void;
  start(): void;
  pause(): void;
  step(): void;
  reset(): void;
  set(settings: Partial<Settings>): void;
  save(): Promise<{ name: string; bytes: Uint8Array }>;
}

/** What one weight may cost, in steps of about a third of a decade. */
const penalties = [0, 1e-6, 3e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2];

function isBuiltIn(name: string): name is BuiltIn {
  return (builtIn as readonly string[]).includes(name);
}

function penaltyText(penalty: number): string {
  return penalty === 0 ? 'nothing' : penalty.toExponential(0).replace('e-', ' × 10⁻').replace(/\d$/, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]!);
}

/** Shows whether a button has an effect now. It keeps the focus in any case, which `disabled` would take away. */
function setUsable(button: HTMLButtonElement, usable: boolean): void {
  button.setAttribute('aria-disabled', String(!usable));
}

/** Sets a slider and what it says of itself. */
function setSlider(slider: HTMLInputElement, value: number, text: string): void {
  if (slider.value !== String(value)) slider.value = String(value);
  if (slider.getAttribute('aria-valuetext') !== text) slider.setAttribute('aria-valuetext', text);
}

/** Buttons, choice of data, the method's parameters, and what the page says. */
export function controlsView(commands: Commands): View<State> {
  const [run, step, reset, download] = ['run', 'step', 'reset', 'download'].map((id) => byId(id, HTMLButtonElement)) as [
    HTMLButtonElement,
    HTMLButtonElement,
    HTMLButtonElement,
    HTMLButtonElement,
  ];
  const [status, error] = [byId('status', HTMLParagraphElement), byId('error', HTMLParagraphElement)];
  const [fileName, fileAbout] = [byId('file-name', HTMLElement), byId('file-about', HTMLElement)];
  const [updates, penalty] = [byId('updates', HTMLInputElement), byId('penalty', HTMLInputElement)];
  const [updatesValue, penaltyValue] = [byId('updates-value', HTMLOutputElement), byId('penalty-value', HTMLOutputElement)];
  const hint = byId('updates-hint', HTMLElement);
  const sources = [...document.querySelectorAll<HTMLInputElement>('input[name=source]')];
  let shown: State | undefined;

  run.addEventListener('click', () => (shown?.phase === 'running' ? commands.pause() : commands.start()));
  step.addEventListener('click', () => commands.step());
  reset.addEventListener('click', () => commands.reset());
  updates.addEventListener('input', () => commands.set({ updatesPerEpoch: updates.valueAsNumber }));
  penalty.addEventListener('input', () => commands.set({ weightPenalty: penalties[penalty.valueAsNumber]! }));
  for (const source of sources) source.addEventListener('change', () => isBuiltIn(source.value) && commands.choose(source.value));
  download.addEventListener('click', () => {
    void commands.save().then(saveFile, (reason: unknown) => setText(status, `The model could not be saved: ${String(reason)}`));
  });

  const showSettings = ({ settings, run }: State): void => {
    if (!run) return;
    const { updatesPerEpoch, weightPenalty } = settings;
    updates.max = String(Math.min(20, stepsPerEpoch(run.task)));
    const every = stepsPerUpdate(run.task, updatesPerEpoch);
    setSlider(updates, updatesPerEpoch, updatesPerEpoch === 0 ? 'none' : String(updatesPerEpoch));
    setText(updatesValue, String(updatesPerEpoch));
    setText(hint, every === undefined ? 'Widths stay as they are' : `A change is tried every ${every} of ${stepsPerEpoch(run.task)} steps`);
    setSlider(penalty, penalties.indexOf(weightPenalty), penaltyText(weightPenalty));
    setText(penaltyValue, penaltyText(weightPenalty));
  };

  return (state) => {
    if (state === shown) return;
    const changed = (name: keyof State): boolean => state[name] !== shown?.[name];
    if (changed('phase')) {
      const ready = state.phase === 'paused' || state.phase === 'running';
      setText(run, state.phase === 'running' ? 'Pause' : 'Start');
      setUsable(run, ready);
      setUsable(download, ready);
      setUsable(step, state.phase === 'paused');
      setUsable(reset, state.phase !== 'loading');
      document.body.dataset['phase'] = state.phase;
    }
    if (changed('message')) setText(status, state.message);
    if (changed('error')) {
      setText(error, state.error ?? '');
      error.hidden = state.error === undefined;
    }
    if (changed('source') || changed('run')) {
      for (const source of sources) source.checked = source.value === state.source;
      const task = state.source === 'csv' ? state.run?.task : undefined;
      setText(fileName, task?.name ?? 'Drop a CSV, or choose one');
      setText(fileAbout, task?.about ?? 'Last column: label or number. Header optional. It stays on this machine.');
      fileName.closest('label')!.classList.toggle('active', task !== undefined);
    }
    if (changed('settings') || changed('run')) showSettings(state);
    shown = state;
  };
}
