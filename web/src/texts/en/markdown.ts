export const markdown = {
  linkTo: (heading: string) => `Link to “${heading}”`,
  samples: 'Sample in several languages',
  /** A sample's language with what else it uses, such as a library. */
  with: (language: string, library: string) => `${language} (${library})`,
  notes: { answer: 'Answer', error: 'Error', receipt: 'Receipt', stream: 'Stream' } as Record<string, string>,
}
