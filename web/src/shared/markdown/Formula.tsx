import 'katex/dist/katex.min.css'
import katex from 'katex'
import { useLayoutEffect, useRef, useState } from 'react'
import type { FormulaProps } from './FormulaSlot'

/** Longer formulas, and those that define macros of their own, could take a page's time without end. */
const LONGEST = 2000
const DEFINES = /\\(?:[gex]?def|futurelet|let|global|(?:re|provide)?newcommand)(?![a-zA-Z])/
const DEEPEST = 100

/** A formula, typeset for eyes and as MathML for screen readers; its source where it cannot be typeset. */
export function Formula({ source, isDisplay }: FormulaProps) {
  const place = useRef<HTMLElement>(null)
  const [failed, setFailed] = useState<string | null>(null)
  const isPlain = failed === source || !isTypeset(source)
  useLayoutEffect(() => {
    if (isPlain || !place.current) return
    try {
      // Into the document by way of its objects: no markup is parsed, so the content policy has nothing to object to.
      katex.render(source, place.current, {
        displayMode: isDisplay,
        output: 'htmlAndMathml',
        throwOnError: true,
        trust: false,
        strict: 'ignore',
        maxSize: 20,
        maxExpand: 200,
      })
    } catch {
      setFailed(source)
    }
  }, [source, isDisplay, isPlain])
  if (isPlain) return <code>{source}</code>
  // A new element for a new source, as React does not know what stands in it.
  return <span key={source} ref={place} />
}

function isTypeset(source: string): boolean {
  let depth = 0
  for (const character of source) {
    if (character === '{') depth += 1
    if (character === '}') depth -= 1
    if (depth > DEEPEST) return false
  }
  return source.length <= LONGEST && !DEFINES.test(source)
}
