import { jsonText } from './literals'
import { KEY_VARIABLE, type SampleCall } from './types'

/** Linux takes no single argument of 128 KiB or more. */
const ARGUMENT_CHARACTERS_MAX = 30_000

export function curlSample({ url, body, isStream }: SampleCall): string {
  const json = jsonText(body)
  const head = [
    `curl -sS --fail-with-body ${isStream ? '-N ' : ''}${shellWord(url)}`,
    `-H "Authorization: Bearer $${KEY_VARIABLE}"`,
    `-H 'Content-Type: application/json'`,
  ]
  if (json.length > ARGUMENT_CHARACTERS_MAX) {
    return `${[...head, "--data-binary @- <<'JSON'"].join(' \\\n  ')}\n${json}\nJSON\n`
  }
  return `${[...head, `-d ${shellQuoted(json)}`].join(' \\\n  ')}\n`
}

/** A text as one word of a POSIX shell. Within single quotes nothing has a meaning but the closing one. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function shellWord(text: string): string {
  return /^[\w:/.,@%+=-]+$/.test(text) ? text : shellQuoted(text)
}
