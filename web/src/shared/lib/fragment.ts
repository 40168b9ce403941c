/** Read a value from the part of the address behind `#`, which browsers do not send to servers or to other sites. */
export function fragmentValue(name: string): string | null {
  return new URLSearchParams(location.hash.slice(1)).get(name)
}
