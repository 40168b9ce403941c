import type { Json } from '@/shared/lib/json'

/** The environment variable that holds the reader's key, as in the documentation. */
export const KEY_VARIABLE = 'TOLLWAY_KEY'

export type SampleId = 'curl' | 'python-requests' | 'python-openai' | 'javascript-fetch' | 'javascript-openai'

export interface CodeSample {
  id: SampleId
  /** Names of languages and libraries, which are the same in every language that people speak. */
  label: string
  language: 'bash' | 'python' | 'javascript'
  code: string
  /** What to type to get ready and to run it. */
  commands: string[]
}

/** One call, for the writers of samples. */
export interface SampleCall {
  url: string
  /** Where the OpenAI SDKs begin, or null when the path is none of theirs. */
  sdkUrl: string | null
  body: Record<string, Json>
  isStream: boolean
}
