import type { LinkProps } from '@tanstack/react-router'

/** The playground with a model chosen. */
export function playgroundLink(model: string): LinkProps {
  return { to: '/playground', search: { model } }
}
