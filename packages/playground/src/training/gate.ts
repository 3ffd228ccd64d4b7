/** Lets training through for so many epochs, and holds it at the next step when none are left. */
export class Gate {
  #epochs = 0;
  #waiting: (() => void)[] = [];

  /** Lets so many epochs end; those allowed before count no more. */
  allow(epochs: number): void {
    this.#epochs = epochs;
    if (epochs > 0) for (const go of this.#waiting.splice(0)) go();
  }

  /** Takes note that an epoch has ended; true if more may follow. */
  spend(): boolean {
    this.#epochs = Math.max(0, this.#epochs - 1);
    return this.#epochs > 0;
  }

  /** Resolves at once while epochs are allowed, else when they are; undefined spares a wait for each step. */
  pass(): Promise<void> | undefined {
    return this.#epochs > 0 ? undefined : new Promise((resolve) => this.#waiting.push(resolve));
  }
}
