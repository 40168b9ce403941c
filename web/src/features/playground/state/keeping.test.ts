import { afterEach, expect, it } from 'vitest'
import { keep, kept } from './keeping'
import { EMPTY, append, lineOf } from './conversation'
import { NEW_PLAYGROUND, type Playground } from './playground'

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

it('keeps small images, and tells of larger ones that they are not there any more', () => {
  const [lane] = NEW_PLAYGROUND.lanes
  const small = 'data:image/png;base64,AAAA'
  const large = `data:image/png;base64,${'A'.repeat(1_000_000)}`
  const conversation = append(append(EMPTY, { id: 'u1', role: 'user', content: 'One', images: [small] }), { id: 'u2', role: 'user', content: 'Two', images: [large] })

  keep(1, { lanes: [{ ...lane, conversation }] } satisfies Playground)

  const line = lineOf(kept(1).lanes[0].conversation)
  expect(line.map(({ images, lostImages }) => ({ images, lostImages }))).toEqual([
    { images: [small], lostImages: undefined },
    { images: undefined, lostImages: 1 },
  ])
})
