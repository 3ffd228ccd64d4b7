import type { Dataset } from 'cambium';
import type { Painter } from './picture.ts';
import { colour, rgb } from './theme.ts';

const SIDE = 8;
const COLUMNS = 8;

/** Some held-out digits, each with the class that the model gives it. */
export class DigitsPicture implements Painter {
  readonly title = 'Held-out digits';
  readonly legend = 'Below each digit what the network takes it for; wrong ones are framed';
  readonly #rows: Dataset;
  readonly #images: OffscreenCanvas[];
  /** The class that each digit is taken for. */
  #guesses: number[] = [];

  constructor(rows: Dataset) {
    this.#rows = rows;
    const ink = rgb(colour('--ink'));
    this.#images = Array.from({ length: rows.rows }, (_, row) => {
      const canvas = new OffscreenCanvas(SIDE, SIDE);
      const image = new ImageData(SIDE, SIDE);
      for (let i = 0; i < SIDE * SIDE; i++) image.data.set([...ink, 255 * rows.x[row * SIDE * SIDE + i]! * rows.scale], 4 * i);
      canvas.getContext('2d')!.putImageData(image, 0, 0);
      return canvas;
    });
  }

  take(outputs: Float32Array): boolean {
    const classes = outputs.length / this.#rows.rows;
    const old = this.#guesses.join();
    this.#guesses = this.#images.map((_, row) => {
      const found = outputs.subarray(row * classes, (row + 1) * classes);
      return found.indexOf(Math.max(...found));
    });
    return this.#guesses.join() !== old;
  }

  draw(context: CanvasRenderingContext2D, width: number, height: number): string {
    const lines = Math.ceil(this.#rows.rows / COLUMNS);
    const [cellWidth, cellHeight] = [width / COLUMNS, height / lines];
    const size = Math.min(cellWidth - 12, cellHeight - 26);
    context.imageSmoothingEnabled = false;
    context.textAlign = 'center';
    let right = 0;
    this.#guesses.forEach((guess, row) => {
      const correct = guess === this.#rows.y![row];
      if (correct) right++;
      const middle = ((row % COLUMNS) + 0.5) * cellWidth;
      const top = Math.floor(row / COLUMNS) * cellHeight + 5;
      context.drawImage(this.#images[row]!, Math.round(middle - size / 2), Math.round(top), Math.round(size), Math.round(size));
      context.strokeStyle = context.fillStyle = colour(correct ? '--faint' : '--removed');
      context.lineWidth = 1.5;
      if (!correct) context.strokeRect(middle - size / 2 - 3, top - 3, size + 6, size + 6);
      context.font = `${correct ? 500 : 700} 12px system-ui, sans-serif`;
      context.fillText(String(guess), middle, top + size + 14);
    });
    return `${right} of ${this.#rows.rows} held-out digits are read right`;
  }
}
