import { byId } from './dom.ts';

/** Takes a file from the chooser, or dropped anywhere on the page. */
export function dropTarget(take: (file: File) => void): void {
  const chooser = byId('file', HTMLInputElement);
  const zone = byId('drop', HTMLLabelElement);
  chooser.addEventListener('change', () => {
    const file = chooser.files?.[0];
    // Emptied, so that the same file can be chosen again after it was mended.
    chooser.value = '';
    if (file) take(file);
  });
  let inside = 0;
  const mark = (change: number): void => {
    inside = Math.max(0, inside + change);
    zone.classList.toggle('over', inside > 0);
  };
  addEventListener('dragenter', () => mark(1));
  addEventListener('dragleave', () => mark(-1));
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    mark(-inside);
    const file = event.dataTransfer?.files[0];
    if (file) take(file);
  });
}
