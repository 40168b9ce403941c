import { useSyncExternalStore } from 'react'
import { en } from './en'

/** All texts of one language. Another language is another folder of this shape, listed in `LANGUAGES`. */
export type Texts = typeof en

interface Language {
  /** What the language calls itself. */
  name: string
  load: () => Promise<Texts>
}

export const LANGUAGES = {
  en: { name: 'English', load: () => Promise.resolve(en) },
  'zh-CN': { name: '简体中文', load: async () => (await import('./zh-CN')).zhCN },
} satisfies Record<string, Language>

export type LanguageTag = keyof typeof LANGUAGES

const KEY = 'tollway.language'
const listeners = new Set<() => void>()
let shown: { tag: LanguageTag; texts: Texts } = { tag: 'en', texts: en }

function isLanguageTag(value: string | null): value is LanguageTag {
  return value !== null && value in LANGUAGES
}

/** The kept choice, otherwise the browser's first language that there is, otherwise English. */
export function preferredLanguage(): LanguageTag {
  const kept = localStorage.getItem(KEY)
  if (isLanguageTag(kept)) return kept
  const tags = Object.keys(LANGUAGES).filter(isLanguageTag)
  for (const wanted of navigator.languages) {
    const found = tags.find((tag) => tag === wanted || tag.split('-')[0] === wanted.split('-')[0])
    if (found) return found
  }
  return 'en'
}

/** Load a language and show it; every text on the page changes at once. */
export async function showLanguage(tag: LanguageTag): Promise<void> {
  const texts = await LANGUAGES[tag].load()
  shown = { tag, texts }
  document.documentElement.lang = tag
  for (const listener of listeners) listener()
}

/** Keep a person's choice and show it. */
export async function chooseLanguage(tag: LanguageTag): Promise<void> {
  localStorage.setItem(KEY, tag)
  await showLanguage(tag)
}

/** The texts of the language that is shown. */
export function useTexts(): Texts {
  return useSyncExternalStore(subscribe, currentTexts)
}

/** For code outside components, such as the words of an error. */
export function currentTexts(): Texts {
  return shown.texts
}

export function useLanguage(): LanguageTag {
  return useSyncExternalStore(subscribe, currentLanguage)
}

export function currentLanguage(): LanguageTag {
  return shown.tag
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
