/** A part of the page. It draws what differs from the last time and says whether it wants the next frame too (motion). */
export type View<S> = (state: S, now: number) => boolean | void;

/** Holds the state and draws it: after changes, once per animation frame at most. */
export class Store<S extends object> {
  #state: S;
  #views: readonly View<S>[] = [];
  #scheduled = false;

  constructor(state: S) {
    this.#state = state;
  }

  get state(): S {
    return this.#state;
  }

  /** Replaces parts of the state. */
  update(part: Partial<S>): void {
    this.#state = { ...this.#state, ...part };
    this.redraw();
  }

  /** Sets what shows the state. */
  show(views: readonly View<S>[]): void {
    this.#views = views;
    this.redraw();
  }

  /** Lets the views draw in the next frame, as after a change of size or colours. */
  redraw(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame((now) => {
      this.#scheduled = false;
      let more = false;
      for (const view of this.#views) more = view(this.#state, now) === true || more;
      if (more) this.redraw();
    });
  }
}
