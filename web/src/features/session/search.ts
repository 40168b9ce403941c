export interface SignInSearch {
  /** Where to go afterwards: a path of this app. */
  next?: string | undefined
  /** The code of why somebody was led here, such as what a single sign-on came to. */
  failure?: string | undefined
}

/** A path with a step upwards, which would leave the app. */
const LEADS_OUT = /^[^?#]*\/(\.|%2e){1,2}(?=[/?#]|$)/i

/** Keep what makes sense of an address that somebody may have made up; the router keeps what is not named as undefined. */
export function readSignInSearch({ next, failure }: Record<string, unknown>): SignInSearch {
  // An address of another site would lead people away after they signed in.
  const isWithin = typeof next === 'string' && /^\/(?![/\\])/.test(next) && !LEADS_OUT.test(next)
  return { next: isWithin ? next : undefined, failure: typeof failure === 'string' && failure !== '' ? failure : undefined }
}
