import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { type KeyboardEvent, useDeferredValue, useEffect, useId, useRef, useState } from 'react'
import { useTexts } from '@/texts'
import type { DocsSection } from './library'
import type { Found } from './search'

/** Search over all pages: `/` leads here, arrows choose, Enter opens. The index is made when it is first needed. */
export function SearchBox({ sections }: { sections: DocsSection[] }) {
  const texts = useTexts()
  const navigate = useNavigate()
  const list = useId()
  const input = useSlashKey()
  const [query, setQuery] = useState('')
  const [chosen, setChosen] = useState(0)
  const [isOpen, setOpen] = useState(false)
  const { found, isSearching } = useFound(sections, query, isOpen)
  const isShown = isOpen && query.trim() !== '' && !isSearching
  const open = (result: Found | undefined) => {
    if (!result) return
    setOpen(false)
    setQuery('')
    input.current?.blur()
    void navigate({ to: '/docs/$page', params: { page: result.page }, hash: result.anchor })
  }
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined && found.length > 0) {
      event.preventDefault()
      setChosen((chosen + step + found.length) % found.length)
    } else if (event.key === 'Enter') open(found[chosen])
    else if (event.key === 'Escape') setOpen(false)
  }
  return (
    <div role="search" className="relative">
      <Search aria-hidden className="pointer-events-none absolute top-3 left-3 size-4 text-muted" />
      <input
        ref={input}
        type="search"
        role="combobox"
        aria-label={texts.docs.search}
        aria-expanded={isShown}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={isShown && found[chosen] ? `${list}-${chosen}` : undefined}
        placeholder={texts.docs.searchHint}
        value={query}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={press}
        onChange={(event) => {
          setQuery(event.target.value)
          setChosen(0)
          setOpen(true)
        }}
        className="h-10 w-full rounded-lg border border-line bg-surface pr-3 pl-9 text-sm placeholder:text-muted"
      />
      <p role="status" className="sr-only">
        {isShown && (found.length > 0 ? texts.docs.found(found.length) : texts.docs.nothingFound(query))}
      </p>
      <Results list={list} found={found} chosen={chosen} isShown={isShown} query={query} onOpen={open} />
    </div>
  )
}

interface ResultsProps {
  list: string
  found: Found[]
  chosen: number
  isShown: boolean
  query: string
  onOpen: (result: Found) => void
}

function Results({ list, found, chosen, isShown, query, onOpen }: ResultsProps) {
  const texts = useTexts()
  const shown = useRef<HTMLDivElement>(null)
  useEffect(() => {
    shown.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  return (
    <div ref={shown} hidden={!isShown} className="fixed inset-x-4 z-30 mt-1.5 max-h-[70dvh] overflow-y-auto rounded-xl border border-line bg-surface p-1.5 shadow-xl sm:right-auto sm:w-[min(34rem,calc(100vw-3rem))] lg:inset-x-auto">
      <div id={list} role="listbox" aria-label={texts.docs.results} lang="en">
        {found.map((result, index) => (
          // Chosen by the keys of the box above, which keeps the focus; the pointer has to do before that loses it.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- as said above
          <div
            key={result.id}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === chosen}
            tabIndex={-1}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onOpen(result)}
            className="grid cursor-pointer gap-0.5 rounded-lg px-3 py-2 hover:bg-sunken aria-selected:bg-accent-soft"
          >
            <span className="text-sm font-medium">{result.heading ? `${result.title} › ${result.heading}` : result.title}</span>
            <span className="text-sm text-muted">
              {result.excerpt.map((piece, at) => (piece.isHit ? <mark key={at} className="bg-transparent font-semibold text-ink">{piece.text}</mark> : piece.text))}
            </span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="px-3 py-2 text-sm text-muted">{texts.docs.nothingFound(query)}</p>}
    </div>
  )
}

function useFound(sections: DocsSection[], query: string, isWanted: boolean): { found: Found[]; isSearching: boolean } {
  const wanted = useDeferredValue(query.trim())
  const index = useQuery({
    queryKey: ['docs-search'],
    queryFn: async () => (await import('./search')).loadSearch(sections),
    enabled: isWanted,
    staleTime: Infinity,
    structuralSharing: false,
  })
  return { found: wanted === '' || !index.data ? [] : index.data.find(wanted), isSearching: !index.data }
}

/** Hands out the box's place, and leads to it when `/` is pressed outside of fields. */
function useSlashKey() {
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const press = (event: globalThis.KeyboardEvent) => {
      const isInField = event.target instanceof HTMLElement && event.target.closest('input, textarea, select, [contenteditable]') !== null
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isInField) return
      event.preventDefault()
      input.current?.focus()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
  return input
}
