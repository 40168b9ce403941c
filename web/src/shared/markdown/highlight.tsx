import bash from 'highlight.js/lib/languages/bash'
import c from 'highlight.js/lib/languages/c'
import cpp from 'highlight.js/lib/languages/cpp'
import csharp from 'highlight.js/lib/languages/csharp'
import css from 'highlight.js/lib/languages/css'
import diff from 'highlight.js/lib/languages/diff'
import dockerfile from 'highlight.js/lib/languages/dockerfile'
import go from 'highlight.js/lib/languages/go'
import http from 'highlight.js/lib/languages/http'
import ini from 'highlight.js/lib/languages/ini'
import java from 'highlight.js/lib/languages/java'
import javascript from 'highlight.js/lib/languages/javascript'
import json from 'highlight.js/lib/languages/json'
import kotlin from 'highlight.js/lib/languages/kotlin'
import php from 'highlight.js/lib/languages/php'
import python from 'highlight.js/lib/languages/python'
import ruby from 'highlight.js/lib/languages/ruby'
import rust from 'highlight.js/lib/languages/rust'
import shell from 'highlight.js/lib/languages/shell'
import sql from 'highlight.js/lib/languages/sql'
import swift from 'highlight.js/lib/languages/swift'
import typescript from 'highlight.js/lib/languages/typescript'
import xml from 'highlight.js/lib/languages/xml'
import yaml from 'highlight.js/lib/languages/yaml'
import { createLowlight } from 'lowlight'
import { memo, type ReactNode, useEffect, useState } from 'react'

const lowlight = createLowlight({
  bash, c, cpp, csharp, css, diff, dockerfile, go, http, ini, java, javascript, json, kotlin, php, python, ruby, rust, shell, sql, swift, typescript, xml, yaml,
})

/** Longer code stays plain, so that its colours do not hold up the page. */
const LONGEST = 20_000
/** Longer code that still grows is coloured in parts, of which only the last one changes. */
const LONGEST_WHOLE = 2000
const PART_LINES = 30
const AT_REST_AFTER_MS = 300

type Piece = ReturnType<typeof lowlight.highlight>['children'][number]

export function Highlighted({ code, language }: { code: string; language: string }) {
  const [atRest, setAtRest] = useState(code)
  useEffect(() => {
    const timer = setTimeout(() => setAtRest(code), AT_REST_AFTER_MS)
    return () => clearTimeout(timer)
  }, [code])
  if (code.length > LONGEST || !lowlight.registered(language)) return code
  if (code === atRest || code.length <= LONGEST_WHOLE) return <Part code={code} language={language} />
  // Each part is a box of its own, so that a growing one does not lay the others out again.
  return partsOf(code).map((part, index) => (
    <span key={index} className="block">
      <Part code={part} language={language} />
    </span>
  ))
}

function partsOf(code: string): string[] {
  const lines = code.split(/(?<=\n)/)
  return Array.from({ length: Math.ceil(lines.length / PART_LINES) }, (_, part) => lines.slice(part * PART_LINES, (part + 1) * PART_LINES).join(''))
}

const Part = memo(function Part({ code, language }: { code: string; language: string }) {
  return lowlight.highlight(language, code).children.map(shown)
})

function shown(piece: Piece, key: number): ReactNode {
  if (piece.type === 'text') return piece.value
  if (piece.type !== 'element') return null
  const names = piece.properties.className
  return (
    <span key={key} className={Array.isArray(names) ? names.join(' ') : ''}>
      {piece.children.map(shown)}
    </span>
  )
}
