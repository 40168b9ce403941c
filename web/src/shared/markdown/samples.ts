import type { Block } from './parser'

/** The same thing in several languages, one after the other in the text. */
export interface Samples {
  samples: Sample[]
}

export interface Sample {
  language: string
  /** What else stands behind the language, such as the library that is used. */
  note: string
  code: string
}

export function sampleOf(info: string, code: string): Sample {
  const [language = '', note = ''] = info.trim().split(/\s+/)
  return { language, note, code: code.replace(/\n$/, '') }
}

/** What is told in these is no other way to do what stands before it. */
const DATA = ['json', 'text', 'http', '']

/** Puts code blocks that follow each other, each in another language or with another library, into one group. */
export function groupSamples(blocks: Block[]): (Block | Samples)[] {
  const grouped: (Block | Samples)[] = []
  let row: { block: Block; sample: Sample }[] = []
  const endRow = () => {
    const isGroup = row.length > 1
    grouped.push(...(isGroup ? [{ samples: row.map(({ sample }) => sample) }] : row.map(({ block }) => block)))
    row = []
  }
  for (const block of blocks) {
    const fence = block.tokens[0]?.type === 'fence' ? block.tokens[0] : null
    const found = fence && sampleOf(fence.info, fence.content)
    const sample = found && !DATA.includes(found.language) ? found : null
    if (!sample || row.some((one) => nameOf(one.sample) === nameOf(sample))) endRow()
    if (sample) row.push({ block, sample })
    else grouped.push(block)
  }
  endRow()
  return grouped
}

function nameOf({ language, note }: Sample): string {
  return `${language} ${note}`
}
