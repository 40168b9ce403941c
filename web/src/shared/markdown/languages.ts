import type { Texts } from '@/texts'
import type { Sample } from './samples'

const NAMES: Record<string, string> = {
  bash: 'Bash', sh: 'Shell', shell: 'Shell', console: 'Shell', c: 'C', cpp: 'C++', csharp: 'C#', cs: 'C#', css: 'CSS', diff: 'Diff', dockerfile: 'Dockerfile', go: 'Go',
  html: 'HTML', http: 'HTTP', ini: 'INI', java: 'Java', javascript: 'JavaScript', js: 'JavaScript', json: 'JSON', jsx: 'JSX', kotlin: 'Kotlin', php: 'PHP', py: 'Python', python: 'Python',
  ruby: 'Ruby', rust: 'Rust', sql: 'SQL', swift: 'Swift', text: 'Text', toml: 'TOML', ts: 'TypeScript', tsx: 'TSX', typescript: 'TypeScript', xml: 'XML', yaml: 'YAML', yml: 'YAML',
}

/** What the samples of the documentation use beside their language. */
const LIBRARIES: Record<string, string> = { openai: 'OpenAI SDK', requests: 'requests', fetch: 'fetch' }

/** What a language is called, for the word behind the fence; the word itself where it is not known. */
export function languageName(word: string): string {
  return NAMES[word.toLowerCase()] ?? (word.slice(0, 40) || 'Text')
}

/** What stands above a sample of the documentation: its language and library, or what it is the text of. */
export function sampleName({ language, note }: Sample, texts: Texts['markdown']): string {
  if (note === 'curl') return 'cURL'
  const library = LIBRARIES[note]
  return texts.notes[note] ?? (library ? texts.with(languageName(language), library) : languageName(language))
}
