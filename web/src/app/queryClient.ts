import { QueryClient } from '@tanstack/react-query'
import { ApiError } from '@/shared/api/client'

const TRIES_MAX = 2

/** Refusals are answers and are not asked for again; a server that is away or in trouble is. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) => failures < TRIES_MAX && error instanceof ApiError && (error.status === 0 || error.status >= 500),
      },
      // An answer may hold a secret that is shown once, such as a new key: it is forgotten with the form that asked.
      mutations: { gcTime: 0 },
    },
  })
}
