import type { LinkProps } from '@tanstack/react-router'

// The routes of the pages stand above this layer, so that their addresses are given here as they are.

/** The playground with a model chosen. */
export function playgroundLink(model: string): LinkProps {
  return { to: '/playground' as string, search: { model } as object } as LinkProps
}
