import { afterEach, expect, it } from 'vitest'
import { keep, kept } from './keeping'
import { NEW_PLAYGROUND } from './playground'

afterEach(() => sessionStorage.clear())

it('brings back what was kept of the account, and nothing of another one', () => {
  keep(1, NEW_PLAYGROUND)

  expect(kept(1)).toEqual(NEW_PLAYGROUND)
  expect(kept(2)).toBe(NEW_PLAYGROUND)
})

it('opens anew where what was kept cannot be read', () => {
  for (const text of ['no JSON', '{}', '{"lanes": [1]}', 'null']) {
    sessionStorage.setItem('tollway.playground.1.1', text)

    expect(kept(1), text).toBe(NEW_PLAYGROUND)
  }
})
