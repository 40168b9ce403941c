import type { Json } from '@/shared/lib/json'
import { pythonLiteral, quoted } from './literals'
import { KEY_VARIABLE, type SampleCall } from './types'

/** What `chat.completions.create` of the OpenAI SDK takes by name; all else travels in `extra_body`. */
const SDK_PARAMETERS = new Set([
  'audio', 'frequency_penalty', 'function_call', 'functions', 'logit_bias', 'logprobs', 'max_completion_tokens', 'max_tokens',
  'messages', 'metadata', 'modalities', 'model', 'n', 'parallel_tool_calls', 'prediction', 'presence_penalty',
  'reasoning_effort', 'response_format', 'seed', 'service_tier', 'stop', 'store', 'stream', 'stream_options', 'temperature',
  'tool_choice', 'tools', 'top_logprobs', 'top_p', 'user', 'web_search_options',
]) // prettier-ignore

export function pythonRequestsSample({ url, body, isStream }: SampleCall): string {
  const call = (more: string) => `requests.post(
    ${quoted(url)},
    headers={"Authorization": f"Bearer {os.environ['${KEY_VARIABLE}']}"},
    json=${pythonLiteral(body, 4)},
${more}    timeout=600,
)`
  if (!isStream) {
    return `import json
import os

import requests

response = ${call('')}
print(json.dumps(response.json(), indent=2, ensure_ascii=False))
response.raise_for_status()
`
  }
  return `import json
import os

import requests

part = None
with ${call('    stream=True,\n')} as response:
    response.raise_for_status()
    for line in response.iter_lines():
        if not line.startswith(b"data: {"):
            continue
        chunk = json.loads(line.removeprefix(b"data: "))
        if "error" in chunk:
            raise RuntimeError(chunk["error"]["message"])
        for choice in chunk["choices"]:
            for name in ("reasoning_content", "content"):
                if text := choice["delta"].get(name):
                    if name != part:
                        print(f"\\n--- {name} ---")
                        part = name
                    print(text, end="", flush=True)
print()
`
}

export function pythonOpenaiSample({ sdkUrl, body, isStream }: SampleCall): string {
  const head = `import os

from openai import OpenAI

client = OpenAI(base_url=${quoted(sdkUrl ?? '')}, api_key=os.environ["${KEY_VARIABLE}"])

`
  const call = `client.chat.completions.create(\n${namedArguments(body)})`
  if (!isStream) return `${head}completion = ${call}\nprint(completion.to_json())\n`
  return `${head}part = None
for chunk in ${call}:
    for choice in chunk.choices:
        for name in ("reasoning_content", "content"):
            if text := getattr(choice.delta, name, None):
                if name != part:
                    print(f"\\n--- {name} ---")
                    part = name
                print(text, end="", flush=True)
print()
`
}

function namedArguments(body: Record<string, Json>): string {
  const all = Object.entries(body)
  const others = all.filter(([name]) => !SDK_PARAMETERS.has(name))
  const named = all.filter(([name]) => SDK_PARAMETERS.has(name))
  if (others.length > 0) named.push(['extra_body', Object.fromEntries(others)])
  return named.map(([name, value]) => `    ${name}=${pythonLiteral(value, 4)},\n`).join('')
}
