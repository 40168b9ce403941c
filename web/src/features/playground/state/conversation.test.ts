import { describe, expect, it } from 'vitest'
import { append, change, chooseBeside, EMPTY, edit, fromMessages, lineOf, lineTo, type Message, openCalls, placeOf, putAfter, remove } from './conversation'

const message = (id: string, role: Message['role'] = 'user', content = `text of ${id}`): Message => ({ id, role, content })
const threeTurns = () => fromMessages([message('u1'), message('a1', 'assistant'), message('u2')])
const shown = (conversation: Parameters<typeof lineOf>[0]) => lineOf(conversation).map((one) => one.id)

describe('a conversation', () => {
  it('shows messages in the order in which they were added', () => {
    expect(shown(EMPTY)).toEqual([])
    expect(shown(threeTurns())).toEqual(['u1', 'a1', 'u2'])
    expect(lineTo(threeTurns(), 'a1').map((one) => one.id)).toEqual(['u1', 'a1'])
    expect(lineTo(threeTurns(), null)).toEqual([])
  })

  it('keeps the old branch when an earlier message is edited, and leads back to it', () => {
    const edited = edit(threeTurns(), 'u1', 'another question', 'u1b')

    expect(shown(edited)).toEqual(['u1b'])
    expect(placeOf(edited, 'u1b')).toEqual({ index: 1, count: 2 })
    const continued = append(edited, message('a1b', 'assistant'))
    const back = chooseBeside(continued, 'u1b', -1)
    expect(shown(back)).toEqual(['u1', 'a1', 'u2'])
    expect(shown(chooseBeside(back, 'u1', 1))).toEqual(['u1b', 'a1b'])
    expect(chooseBeside(back, 'u1', -1)).toBe(back)
  })

  it('changes the last message without a branch', () => {
    const edited = edit(threeTurns(), 'u2', 'sorry, this', 'u2b')

    expect(lineOf(edited).at(-1)).toEqual({ id: 'u2', role: 'user', content: 'sorry, this' })
    expect(placeOf(edited, 'u2').count).toBe(1)
  })

  it('makes no branch where the text stays the same', () => {
    const before = threeTurns()
    expect(edit(before, 'u1', 'text of u1', 'u1b')).toBe(before)
  })

  it('puts a second answer beside the first', () => {
    const retried = putAfter(threeTurns(), 'u1', message('a2', 'assistant'))

    expect(shown(retried)).toEqual(['u1', 'a2'])
    expect(placeOf(retried, 'a2')).toEqual({ index: 1, count: 2 })
  })

  it('closes the gap that a removed message leaves', () => {
    expect(shown(remove(threeTurns(), 'a1'))).toEqual(['u1', 'u2'])
    expect(shown(remove(threeTurns(), 'u1'))).toEqual(['a1', 'u2'])
    expect(shown(remove(threeTurns(), 'u2'))).toEqual(['u1', 'a1'])
    expect(shown(remove(fromMessages([message('only')]), 'only'))).toEqual([])
  })

  it('shows the branch beside a removed one, and keeps the branches after it', () => {
    const branched = append(edit(threeTurns(), 'u1', 'new', 'u1b'), message('a1b', 'assistant'))

    expect(shown(remove(remove(branched, 'a1b'), 'u1b'))).toEqual(['u1', 'a1', 'u2'])
    const forked = putAfter(threeTurns(), 'a1', message('u3'))
    const gone = remove(forked, 'a1')
    expect(shown(gone)).toEqual(['u1', 'u3'])
    expect(shown(chooseBeside(gone, 'u3', -1))).toEqual(['u1', 'u2'])
  })

  it('does not mind that what it should change is gone', () => {
    const before = threeTurns()
    expect(change(before, 'gone', (one) => ({ ...one, content: 'x' }))).toBe(before)
    expect(remove(before, 'gone')).toBe(before)
  })

  it('knows which calls no tool has answered yet', () => {
    const toolCalls = [
      { id: 'c1', name: 'weather', arguments: '{}' },
      { id: 'c2', name: 'time', arguments: '{}' },
    ]
    const called = append(threeTurns(), { ...message('a2', 'assistant'), toolCalls })
    const half = append(called, { ...message('t1', 'tool'), toolCallId: 'c2' })

    expect(openCalls(called)).toEqual(toolCalls)
    expect(openCalls(half)).toEqual([toolCalls[0]])
    expect(openCalls(append(half, { ...message('t2', 'tool'), toolCallId: 'c1' }))).toEqual([])
    expect(openCalls(threeTurns())).toEqual([])
  })
})
