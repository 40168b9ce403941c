export const failure = {
  title: 'This did not work',
  unreachable: 'The server cannot be reached. Check the connection, then try again.',
  unexpected: 'Something unexpected happened.',
  retryAfter: (seconds: number) => (seconds > 90 ? `Try again in ${Math.ceil(seconds / 60)} minutes.` : `Try again in ${seconds} seconds.`),
  requestId: (id: string) => `Request ${id}`,
  notFoundTitle: 'There is no such page',
  notFound: 'The address may be misspelt, or what was here is gone.',
  toHome: 'To the home page',
}
