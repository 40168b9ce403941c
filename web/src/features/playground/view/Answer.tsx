import { memo } from 'react'
import { Markdown } from '@/shared/markdown'

/** The text of an answer. */
export const Answer = memo(function Answer({ text, isStreaming }: { text: string; isStreaming: boolean }) {
  return <Markdown text={text} isStreaming={isStreaming} />
})
