/** The text of an answer. */
export function Answer({ text }: { text: string; isStreaming: boolean }) {
  return <div className="whitespace-pre-wrap break-words">{text}</div>
}
