/** Where a link may lead: to web pages and mail; nothing that runs or holds data. */
const SCHEMES = ['http:', 'https:', 'mailto:']
const LONGEST_ADDRESS = 4096

export interface SafeLink {
  href: string
  /** Whether it leads to another origin, or out of the browser. */
  isForeign: boolean
}

/** The link as it may be shown, or null where it may not. The browser's own reading decides, so that no spelling slips through. */
export function safeLink(address: string): SafeLink | null {
  if (address.length > LONGEST_ADDRESS || !URL.canParse(address, location.href)) return null
  const url = new URL(address, location.href)
  if (!SCHEMES.includes(url.protocol)) return null
  const isForeign = url.origin !== location.origin
  return { href: isForeign ? url.href : url.pathname + url.search + url.hash, isForeign }
}
