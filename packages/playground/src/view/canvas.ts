/** A canvas that follows the size of its box and the density of the screen. */
export class Surface {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  /** In CSS pixels. */
  width = 0;
  height = 0;
  /** Whether the size has changed since the last {@link begin}. */
  resized = true;

  /** `redraw` is called when the size has changed. */
  constructor(canvas: HTMLCanvasElement, redraw: () => void) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d')!;
    new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      if (width === this.width && height === this.height) return;
      [this.width, this.height, this.resized] = [width, height, true];
      redraw();
    }).observe(canvas);
  }

  /** Clears the canvas for a new picture in CSS pixels; false where it has no room. */
  begin(): boolean {
    const { canvas, context, width, height } = this;
    const density = Math.min(2, devicePixelRatio);
    if (this.resized) {
      canvas.width = Math.round(width * density);
      canvas.height = Math.round(height * density);
      this.resized = false;
    }
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, width, height);
    return width > 0 && height > 0;
  }
}
