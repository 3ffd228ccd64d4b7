import type { Picture } from '../data/task.ts';
import type { Painter } from './picture.ts';
import { colour, rgb, seriesColour } from './theme.ts';

type Plane = Extract<Picture, { type: 'surface' }>;

/** How much of the paper shows through the colours of the surface. */
const PAPER = 0.35;

/** The decision surface over the plane of two features: classes, or small and large numbers, as colours. */
export class SurfacePicture implements Painter {
  readonly title = 'Decision surface';
  readonly legend: string;
  readonly #plane: Plane;
  readonly #labels: boolean;
  readonly #small: OffscreenCanvas;
  readonly #image: ImageData;
  /** Least and largest of the targets, where they are numbers. */
  #range: [number, number];
  #dots: { canvas: OffscreenCanvas; width: number; height: number } | undefined;

  constructor(plane: Plane, labels: boolean) {
    this.#plane = plane;
    this.#labels = labels;
    this.legend = `${plane.names[0]} across, ${plane.names[1]} down; dots are training rows`;
    this.#small = new OffscreenCanvas(plane.side, plane.side);
    this.#image = new ImageData(plane.side, plane.side);
    this.#range = [Infinity, -Infinity];
    for (const value of plane.points.y) this.#range = [Math.min(this.#range[0], value), Math.max(this.#range[1], value)];
  }

  take(outputs: Float32Array): boolean {
    this.#fill(outputs);
    this.#small.getContext('2d')!.putImageData(this.#image, 0, 0);
    return true;
  }

  draw(context: CanvasRenderingContext2D, width: number, height: number): string {
    context.imageSmoothingEnabled = true;
    context.drawImage(this.#small, 0, 0, width, height);
    if (this.#dots?.width !== width || this.#dots.height !== height) this.#dots = { canvas: this.#drawDots(width, height), width, height };
    context.drawImage(this.#dots.canvas, 0, 0, width, height);
    return `Decision surface over ${this.#plane.names.join(' and ')}, with the training rows as dots`;
  }

  /** From 0 to 1 where a value lies among the targets. */
  #place(value: number): number {
    const [least, most] = this.#range;
    return Math.min(1, Math.max(0, (value - least) / (most - least || 1)));
  }

  #fill(outputs: Float32Array): void {
    const count = this.#plane.side ** 2;
    const width = outputs.length / count;
    const colours = Array.from({ length: Math.max(2, width) }, (_, i) => rgb(seriesColour(i)));
    const paper = rgb(colour('--card'));
    const pixels = this.#image.data;
    for (let point = 0; point < count; point++) {
      const value = this.#labels ? 0 : this.#place(outputs[point]!);
      for (let channel = 0; channel < 3; channel++) {
        let mixed = 0;
        if (this.#labels) for (let c = 0; c < width; c++) mixed += outputs[point * width + c]! * colours[c]![channel]!;
        else mixed = (1 - value) * colours[0]![channel]! + value * colours[1]![channel]!;
        pixels[4 * point + channel] = PAPER * paper[channel]! + (1 - PAPER) * mixed;
      }
      pixels[4 * point + 3] = 255;
    }
  }

  /** The training rows, once for a size. */
  #drawDots(width: number, height: number): OffscreenCanvas {
    const density = Math.min(2, devicePixelRatio);
    const canvas = new OffscreenCanvas(Math.round(width * density), Math.round(height * density));
    const context = canvas.getContext('2d')!;
    context.scale(density, density);
    const { extent, points } = this.#plane;
    const radius = points.y.length > 2000 ? 1.2 : 2.2;
    context.strokeStyle = colour('--card');
    context.lineWidth = 0.8;
    points.y.forEach((target, row) => {
      const x = ((points.x[2 * row]! - extent.left) / extent.width) * width;
      const y = ((points.x[2 * row + 1]! - extent.top) / extent.height) * height;
      context.fillStyle = seriesColour(this.#labels ? target : Math.round(this.#place(target)));
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    });
    return canvas;
  }
}
