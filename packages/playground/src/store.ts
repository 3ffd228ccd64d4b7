/** A part of the page. It draws what differs from the last time, and says whether it wants the next frame too. */
export type View<S> = (state: S, now: number) => boolean | void;

/** Pictures take turns so often: with five of them each is drawn some six times a second. */
const TURN_MS = 30;

/**
 * Holds the state and draws it: after changes, once per animation frame at most. Cheap views draw in each frame. Those with
 * pictures take turns, one at a time: without a graphics card a browser paints them on the page's own thread.
 */
export class Store<S extends object> {
  #state: S;
  #each: readonly View<S>[] = [];
  #inTurn: readonly View<S>[] = [];
  #turn = 0;
  #turned = 0;
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

  /** Sets what shows the state: in each frame, and in turn. A view that takes turns returns whether it has drawn. */
  show(each: readonly View<S>[], inTurn: readonly View<S>[]): void {
    this.#each = each;
    this.#inTurn = inTurn;
    this.redraw();
  }

  /** Lets the views draw in the next frame, as after a change of size or colours. */
  redraw(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame((now) => {
      this.#scheduled = false;
      if (this.#draw(now)) this.redraw();
    });
  }

  #draw(now: number): boolean {
    let more = false;
    for (const view of this.#each) more = view(this.#state, now) === true || more;
    if (now - this.#turned < TURN_MS) return true;
    for (let tried = 0; tried < this.#inTurn.length; tried++) {
      this.#turn = (this.#turn + 1) % this.#inTurn.length;
      if (this.#inTurn[this.#turn]!(this.#state, now) !== true) continue;
      this.#turned = now;
      return true;
    }
    return more;
  }
}
