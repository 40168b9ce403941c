import { useSyncExternalStore } from 'react'

/** A value outside components, which those that show it follow. */
export class Signal<T> {
  private readonly followers = new Set<() => void>()

  constructor(private value: T) {}

  readonly read = (): T => this.value

  readonly follow = (follower: () => void): (() => void) => {
    this.followers.add(follower)
    return () => this.followers.delete(follower)
  }

  set(value: T): void {
    if (value === this.value) return
    this.value = value
    for (const follower of this.followers) follower()
  }
}

export function useSignal<T>(signal: Signal<T>): T {
  return useSyncExternalStore(signal.follow, signal.read)
}
