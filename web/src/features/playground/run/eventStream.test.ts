import { describe, expect, it } from 'vitest'
import { EventStream } from './eventStream'

const bytesOf = (text: string) => new TextEncoder().encode(text)

function eventsOf(...pieces: Uint8Array[]): string[] {
  const stream = new EventStream()
  return pieces.flatMap((piece) => stream.take(piece))
}

const TEXT = 'data: {"a":"Köln 🚕"}\n\n: a comment\n\ndata: one\ndata: two\n\nevent: x\nid: 7\ndata:[DONE]\n\n'
const EVENTS = ['{"a":"Köln 🚕"}', 'one\ntwo', '[DONE]']

describe('EventStream', () => {
  it.each([
    ['LF', TEXT],
    ['CRLF', TEXT.replaceAll('\n', '\r\n')],
    ['CR', TEXT.replaceAll('\n', '\r')],
  ])('reads the same events whatever byte a border lies before, with lines that end in %s', (_, text) => {
    const bytes = bytesOf(text)
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(eventsOf(bytes.slice(0, cut), bytes.slice(cut)), `cut before byte ${cut}`).toEqual(EVENTS)
    }
    expect(eventsOf(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(EVENTS)
  })

  it('hands out an event as soon as its empty line is there, and no half one', () => {
    const stream = new EventStream()

    expect(stream.take(bytesOf('data: one\n'))).toEqual([])
    expect(stream.take(bytesOf('\ndata: tw'))).toEqual(['one'])
    expect(stream.take(bytesOf('o\r\n\r'))).toEqual(['two'])
    expect(stream.take(bytesOf('\ndata: three\n\n'))).toEqual(['three'])
  })

  it('takes one blank after the colon away and keeps all others', () => {
    expect(eventsOf(bytesOf('data:  x \n\ndata\n\n'))).toEqual([' x ', ''])
  })

  it('skips the mark of byte order and lines that say nothing of data', () => {
    expect(eventsOf(bytesOf('\uFEFFdata: x\nretry: 5\ndatum: y\n\n'))).toEqual(['x'])
  })
})
