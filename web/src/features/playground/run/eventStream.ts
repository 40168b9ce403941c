const LF = '\n'
const CR = '\r'

/**
 * Reads server-sent events (WHATWG HTML, section 9.2) from bytes as they come, and hands out the data of each event.
 * A border between two pieces may lie anywhere, also within a character or between CR and LF. Event names, ids and
 * comments say nothing here.
 */
export class EventStream {
  private readonly decoder = new TextDecoder()
  private line = ''
  private data: string[] = []
  private isAfterCr = false

  /** Take the next bytes, and return the data of the events that they complete. */
  take(bytes: Uint8Array): string[] {
    return this.read(this.decoder.decode(bytes, { stream: true }))
  }

  private read(text: string): string[] {
    const events: string[] = []
    let start = 0
    for (let at = 0; at < text.length; at += 1) {
      const character = text[at]
      const isSecondHalf = character === LF && this.isAfterCr
      this.isAfterCr = character === CR
      if (isSecondHalf) start = at + 1
      else if (character === LF || character === CR) {
        this.endLine(this.line + text.slice(start, at), events)
        this.line = ''
        start = at + 1
      }
    }
    this.line += text.slice(start)
    return events
  }

  private endLine(line: string, events: string[]): void {
    if (line === '') {
      if (this.data.length) events.push(this.data.join(LF))
      this.data = []
    } else if (line === 'data' || line.startsWith('data:')) {
      const value = line.slice('data:'.length)
      this.data.push(value.startsWith(' ') ? value.slice(1) : value)
    }
  }
}
