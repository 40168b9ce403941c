let count = 0

/** A name that nothing else on this page has; also across visits, for conversations are kept. */
export function newId(): string {
  count += 1
  return `${Date.now().toString(36)}-${count.toString(36)}-${Math.random().toString(36).slice(2, 8)}`
}
