import { Wrench } from 'lucide-react'
import { useTexts } from '@/texts'
import type { ToolCall } from '../state/conversation'

/** The tools that the model called, with the arguments that it gave. */
export function ToolCalls({ calls }: { calls: ToolCall[] }) {
  const texts = useTexts().playground
  return (
    <ul className="grid gap-2">
      {calls.map((call, index) => (
        <li key={call.id || index} className="min-w-0 overflow-hidden rounded-lg border border-line">
          <p className="flex items-center gap-2 bg-sunken px-3 py-1.5 text-sm">
            <Wrench aria-hidden className="size-4 text-muted" />
            <span>{texts.toolCall(call.name)}</span>
          </p>
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a part that scrolls has to be reached by keyboard */}
          <pre tabIndex={0} aria-label={texts.toolArguments(call.name)} role="group" className="max-h-56 overflow-auto px-3 py-2 font-mono text-xs -outline-offset-2">
            {pretty(call.arguments)}
          </pre>
        </li>
      ))}
    </ul>
  )
}

/** JSON with breaks and indents; what is not (yet) JSON stays as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
