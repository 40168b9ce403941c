/** What the server tells of itself, which it does in English; names stand between backticks. */
export function ServersProse({ text }: { text: string }) {
  return (
    <span lang="en">
      <Prose text={text} />
    </span>
  )
}

/** Plain text in which names stand between backticks. */
export function Prose({ text }: { text: string }) {
  return text.split('`').map((piece, index) =>
    index % 2 === 1 ? (
      <code key={index} className="rounded bg-sunken px-1 py-0.5 font-mono text-[0.875em]">
        {piece}
      </code>
    ) : (
      piece
    ),
  )
}
