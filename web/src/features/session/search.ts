export interface SignInSearch {
  /** Where to go afterwards: a path of this app. */
  next?: string
  /** The code of why somebody was led here, such as what a single sign-on came to. */
  failure?: string
}

/** Keep what makes sense of an address that somebody may have made up. */
export function readSignInSearch({ next, failure }: Record<string, unknown>): SignInSearch {
  return {
    // An address of another site would lead people away after they signed in.
    ...(typeof next === 'string' && /^\/(?![/\\])/.test(next) && { next }),
    ...(typeof failure === 'string' && failure !== '' && { failure }),
  }
}
