import { Signal } from '../state/signal'
import type { Answer, GrowingAnswer } from './answer'

/** An answer on the screen while it grows: however many chunks come, it changes once for each frame that is drawn. */
export class LiveAnswer {
  readonly shown: Signal<Answer>
  private frame: number | null = null

  constructor(private readonly growing: GrowingAnswer) {
    this.shown = new Signal(growing.answer('running', performance.now()))
  }

  readonly grow = (): void => {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null
      this.shown.set(this.growing.answer('running', performance.now()))
    })
  }

  end(): void {
    if (this.frame !== null) cancelAnimationFrame(this.frame)
    this.frame = null
  }
}
