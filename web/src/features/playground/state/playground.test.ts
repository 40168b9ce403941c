import { describe, expect, it } from 'vitest'
import { lineOf, type Message } from './conversation'
import { type Action, awaitsAnswer, NEW_PLAYGROUND, type Playground, reduce } from './playground'

const said = (id: string): Message => ({ id, role: 'user', content: `text of ${id}` })
const answer = (id: string): Message => ({ id, role: 'assistant', content: '' })
const after = (...actions: Action[]): Playground => actions.reduce(reduce, NEW_PLAYGROUND)
const shown = (playground: Playground) => playground.lanes.map((lane) => lineOf(lane.conversation).map((message) => message.id))

const COMPARED: Action[] = [
  { type: 'say', message: said('u1') },
  { type: 'compare', isOn: true },
  { type: 'begin', lane: 'a', after: 'u1', message: answer('a1') },
  { type: 'begin', lane: 'b', after: 'u1', message: answer('b1') },
]

describe('the playground', () => {
  it('compares by a copy: the same messages, and answers of each its own', () => {
    expect(shown(after(...COMPARED))).toEqual([
      ['u1', 'a1'],
      ['u1', 'b1'],
    ])
    expect(shown(after(...COMPARED, { type: 'compare', isOn: false }))).toEqual([['u1', 'a1']])
  })

  it('edits a message of both lanes in both, and keeps both old branches', () => {
    const edited = after(...COMPARED, { type: 'edit', id: 'u1', content: 'new', newId: 'u2' })

    expect(shown(edited)).toEqual([['u2'], ['u2']])
    expect(edited.lanes.every(awaitsAnswer)).toBe(true)
    expect(shown(reduce(edited, { type: 'choose', lane: 'b', id: 'u2', step: -1 }))).toEqual([['u2'], ['u1', 'b1']])
  })

  it('changes settings of one lane only', () => {
    const changed = after({ type: 'compare', isOn: true }, { type: 'parameter', lane: 'b', name: 'temperature', value: 0 })

    expect(changed.lanes.map((lane) => lane.settings.parameters)).toEqual([{}, { temperature: 0 }])
    expect(reduce(changed, { type: 'parameter', lane: 'b', name: 'temperature', value: undefined }).lanes[1]?.settings.parameters).toEqual({})
  })

  it('does not show an answer anew whose message was removed meanwhile', () => {
    const gone = after(...COMPARED, { type: 'remove', id: 'a1' })

    expect(shown(reduce(gone, { type: 'settle', lane: 'a', id: 'a1', answer: { content: 'late' } }))).toEqual([['u1'], ['u1', 'b1']])
  })

  it('knows whose turn it is', () => {
    const [first] = after(...COMPARED).lanes
    expect(awaitsAnswer(first)).toBe(false)
    expect(awaitsAnswer(after({ type: 'say', message: said('u1') }).lanes[0])).toBe(true)
    expect(awaitsAnswer(NEW_PLAYGROUND.lanes[0])).toBe(false)
  })
})
