import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { codeSamples } from './codeSamples'
import type { Json } from '@/shared/lib/json'
import type { SampleId } from './types'

const ADDRESS = 'http://127.0.0.1:8080/'
const NASTY = [
  '', ' ', "it's", `'"'"'`, '"', '\\', '\\n', "\\'", '\n', 'two\r\nlines', '\t\b\f', '\u0000\u0001\u001f', '\u007f\u0085\u00a0',
  '\u2028\u2029', '\u202etxt', '\ufeff', 'Köln 北京 🜚 👩‍💻', '$HOME $(id) `id` ${x}', '#{x} {x} %s %(x)s', '!!', '@file', '\nJSON\n',
  '"""', "'''", '</script>', 'None', 'True', '-d', '__proto__', 'constructor', 'class', 'with space', '0', '日本',
] // prettier-ignore
const NUMBERS = [0, 1, -1, 0.1, 1e21, 1e-7, -2.5e300, 9007199254740991]

/** Numbers that look random and are the same in every run. */
function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function nastyBody(seed: number): Record<string, Json> {
  const next = sequence(seed)
  const pick = <T>(from: T[]): T => from[Math.floor(next() * from.length)]!
  const text = () => Array.from({ length: Math.ceil(next() * 3) }, () => pick(NASTY)).join('')
  const value = (depth: number): Json => {
    const kind = Math.floor(next() * (depth > 3 ? 4 : 6))
    if (kind === 4) return Array.from({ length: Math.floor(next() * 4) }, () => value(depth + 1))
    if (kind === 5) return object(depth + 1)
    return [text(), pick(NUMBERS), next() < 0.5, null][kind] ?? null
  }
  // An own property, whatever its name is.
  const object = (depth: number): Record<string, Json> =>
    Object.fromEntries(Array.from({ length: Math.floor(next() * 4) }, () => [text(), value(depth)]))
  return Object.fromEntries([...Object.entries(object(0)), ['model', text()], ['messages', value(2)], ['temperature', value(4)]])
}

const BODIES = Array.from({ length: 150 }, (_, index) => nastyBody(index * 7919 + 1))

function codes(id: SampleId, isStream = false): string[] {
  return BODIES.map((body) => codeSamples({ address: ADDRESS, body, isStream }).find((sample) => sample.id === id)!.code)
}

/** What each program sends, as Python itself reads it. */
function readByPython(programs: string[]): unknown {
  const reader = `
import ast, json, sys
def sent(code):
    tree = ast.parse(code)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    [call] = [call for call in calls if call.func.attr in ("post", "create")]
    given = {one.arg: one.value for one in call.keywords}
    if call.func.attr == "post":
        return ast.literal_eval(given["json"])
    given = {name: ast.literal_eval(value) for name, value in given.items()}
    return given | given.pop("extra_body", {})
print(json.dumps([sent(code) for code in json.load(sys.stdin)]))`
  return JSON.parse(execFileSync('python3', ['-c', reader], { input: JSON.stringify(programs), encoding: 'utf8' }))
}

/** What a shell hands to curl, which is a function here that prints it: the text behind `-d`, or what it reads. */
function sentByShell(program: string): unknown {
  const curl = `curl() { for last; do :; done; case "$last" in @-) cat;; *) printf '%s' "$last";; esac; }\n`
  return JSON.parse(execFileSync('sh', ['-s'], { input: curl + program, encoding: 'utf8', env: { TOLLWAY_KEY: 'twk' } }))
}

/** What a JavaScript program sends: it is run with stand-ins for what it calls. */
async function sentByJavaScript(program: string): Promise<unknown> {
  let sent: unknown
  const AsyncFunction = (async () => Promise.resolve()).constructor as new (...texts: string[]) => (...given: unknown[]) => Promise<void>
  class OpenAI {
    chat = { completions: { create: (body: unknown) => void (sent = JSON.parse(JSON.stringify(body))) } }
  }
  const fetch = (_: string, options: { body: string }) => {
    sent = JSON.parse(options.body)
    return { ok: true, json: () => ({}) }
  }
  const run = new AsyncFunction('fetch', 'OpenAI', 'console', program.replace('import OpenAI from "openai";', ''))
  await run(fetch, OpenAI, { log: () => undefined })
  return sent
}

describe('codeSamples', () => {
  it('sends exactly the given body in Python, whatever is in it', () => {
    expect(readByPython(codes('python-requests'))).toEqual(BODIES)
    expect(readByPython(codes('python-requests', true))).toEqual(BODIES)
    expect(readByPython(codes('python-openai'))).toEqual(BODIES)
    expect(readByPython(codes('python-openai', true))).toEqual(BODIES)
  })

  it('sends exactly the given body from a shell, whatever is in it', () => {
    expect(codes('curl').map(sentByShell)).toEqual(BODIES)
  })

  it('sends a body from a shell that is too long for an argument', () => {
    const body = { model: 'm', messages: [{ role: 'user', content: "it's $HOME\nJSON\n".repeat(20_000) }] }
    const [curl] = codeSamples({ address: ADDRESS, body, isStream: false })

    expect(sentByShell(curl!.code)).toEqual(body)
  })

  it('sends exactly the given body in JavaScript, whatever is in it', async () => {
    for (const id of ['javascript-fetch', 'javascript-openai'] as const) {
      expect(await Promise.all(codes(id).map(sentByJavaScript))).toEqual(BODIES)
    }
  })

  it('writes what a person would write', () => {
    const body = { model: 'a/b', messages: [{ role: 'user', content: 'Hi!' }], stream: true, top_k: 4 }
    const all = codeSamples({ address: ADDRESS, body, isStream: true })

    expect(all.map((sample) => sample.id)).toEqual(['curl', 'python-requests', 'python-openai', 'javascript-fetch', 'javascript-openai'])
    const code = Object.fromEntries(all.map((sample) => [sample.id, sample.code]))
    expect(code.curl).toContain(`curl -sS --fail-with-body -N http://127.0.0.1:8080/v1/chat/completions \\
  -H "Authorization: Bearer $TOLLWAY_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{
  "model": "a/b",
  "messages": [{"role": "user", "content": "Hi!"}],
  "stream": true,
  "top_k": 4
}'`)
    expect(code['python-openai']).toContain(`client.chat.completions.create(
    model="a/b",
    messages=[
        {"role": "user", "content": "Hi!"},
    ],
    stream=True,
    extra_body={
        "top_k": 4,
    },
)`)
    expect(code['javascript-openai']).toContain('baseURL: "http://127.0.0.1:8080/v1", apiKey: process.env.TOLLWAY_KEY')
    expect(code['javascript-openai']).toContain('  messages: [{ role: "user", content: "Hi!" }],')
  })

  it('leaves the OpenAI SDKs out of paths that are none of theirs, and keeps a comment on one line', () => {
    const all = codeSamples({ address: ADDRESS, path: '/v2/billing/coupons', body: { code: 'X' }, isStream: false, comment: 'Key\ntwk_1' })

    expect(all.map((sample) => sample.id)).toEqual(['curl', 'python-requests', 'javascript-fetch'])
    expect(all.map((sample) => sample.code.split('\n')[0])).toEqual(['# Key twk_1', '# Key twk_1', '// Key twk_1'])
  })
})
