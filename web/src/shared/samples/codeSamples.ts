import { curlSample } from './curl'
import { javascriptFetchSample, javascriptOpenaiSample } from './javascript'
import type { Json } from '@/shared/lib/json'
import { pythonOpenaiSample, pythonRequestsSample } from './python'
import { type CodeSample, KEY_VARIABLE, type SampleCall } from './types'

interface SamplesOptions {
  /** Where the server is, such as `https://llm.example.org`; a slash at the end does no harm. */
  address: string
  /** The body of the call, which every sample sends as it is. */
  body: Record<string, Json>
  isStream: boolean
  path?: string
  /** What to say in the first line of each, such as which of the reader's keys is meant. */
  comment?: string | undefined
}

interface Writer extends Omit<CodeSample, 'code'> {
  write: (call: SampleCall) => string
  isSdk?: boolean
}

const CHAT = '/chat/completions'
const EXPORT = `export ${KEY_VARIABLE}=twk…`
const WRITERS: Writer[] = [
  { id: 'curl', label: 'cURL', language: 'bash', commands: [EXPORT], write: curlSample },
  { id: 'python-requests', label: 'Python · requests', language: 'python', commands: [EXPORT, 'pip install requests', 'python sample.py'], write: pythonRequestsSample },
  { id: 'python-openai', label: 'Python · OpenAI SDK', language: 'python', commands: [EXPORT, 'pip install openai', 'python sample.py'], write: pythonOpenaiSample, isSdk: true },
  { id: 'javascript-fetch', label: 'JavaScript · fetch', language: 'javascript', commands: [EXPORT, 'node sample.mjs'], write: javascriptFetchSample },
  { id: 'javascript-openai', label: 'JavaScript · OpenAI SDK', language: 'javascript', commands: [EXPORT, 'npm install openai', 'node sample.mjs'], write: javascriptOpenaiSample, isSdk: true },
]

/** Exactly this call in every language; those of the OpenAI SDKs only where the path is theirs. */
export function codeSamples({ address, body, isStream, path = `/v1${CHAT}`, comment }: SamplesOptions): CodeSample[] {
  const url = address.replace(/\/+$/, '') + path
  const call: SampleCall = { url, sdkUrl: url.endsWith(CHAT) ? url.slice(0, -CHAT.length) : null, body, isStream }
  return WRITERS.filter((writer) => !writer.isSdk || call.sdkUrl !== null).map(({ id, label, language, commands, write }) => ({
    id,
    label,
    language,
    commands,
    code: commented(comment, language) + write(call),
  }))
}

function commented(comment: string | undefined, language: CodeSample['language']): string {
  if (!comment) return ''
  return `${language === 'javascript' ? '//' : '#'} ${comment.replace(/\s+/g, ' ')}\n`
}
