/** Lets training through for so many epochs, and holds it before the next one when none are left. */
export class Gate {
  #epochs = 0;
  #waiting: (() => void) | undefined;

  /** Whether an epoch may begin or go on. */
  get open(): boolean {
    return this.#epochs > 0;
  }

  /** Allows so many epochs; those allowed before count no more. */
  allow(epochs: number): void {
    this.#epochs = epochs;
    if (this.open) this.#waiting?.();
  }

  /** Takes note that an epoch has ended. */
  spend(): void {
    this.#epochs = Math.max(0, this.#epochs - 1);
  }

  /** Resolves when the gate is open. */
  async pass(): Promise<void> {
    while (!this.open) await new Promise<void>((resolve) => (this.#waiting = resolve));
  }
}
