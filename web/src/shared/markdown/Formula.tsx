import 'katex/dist/katex.min.css'
import katex from 'katex'
import { useLayoutEffect, useRef } from 'react'
import type { FormulaProps } from './FormulaSlot'

/** Longer formulas, and those that define macros of their own, could take a page's time without end. */
const LONGEST = 2000
const DEFINES = /\\(?:[gex]?def|futurelet|let|global|(?:re|provide)?newcommand)(?![a-zA-Z])/
const DEEPEST = 100

/** A formula, typeset for eyes and as MathML for screen readers; its source where it cannot be typeset. */
export function Formula({ source, isDisplay }: FormulaProps) {
  const place = useRef<HTMLElement>(null)
  useLayoutEffect(() => {
    if (place.current) typeset(source, isDisplay, place.current)
  }, [source, isDisplay])
  return <span ref={place} />
}

/** Into the document by way of its objects: no markup is parsed, so the content policy has nothing to object to. */
function typeset(source: string, isDisplay: boolean, place: HTMLElement): void {
  try {
    if (!isModest(source)) throw new RangeError('This formula could take too long')
    katex.render(source, place, {
      displayMode: isDisplay,
      output: 'htmlAndMathml',
      throwOnError: true,
      trust: false,
      strict: 'ignore',
      maxSize: 20,
      maxExpand: 200,
    })
  } catch {
    const plain = document.createElement('code')
    plain.textContent = source
    place.replaceChildren(plain)
  }
}

function isModest(source: string): boolean {
  let depth = 0
  for (const character of source) {
    if (character === '{') depth += 1
    if (character === '}') depth -= 1
    if (depth > DEEPEST) return false
  }
  return source.length <= LONGEST && !DEFINES.test(source)
}
