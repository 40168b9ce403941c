import './styles.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { onSignedOut } from '@/shared/api/client'
import { doorQuery } from '@/shared/lib/session'
import { followSystemTheme } from '@/shared/lib/theme'
import { preferredLanguage, showLanguage } from '@/texts'
import { makeQueryClient } from './queryClient'
import { makeRouter } from './router'
import { watchSession } from './watchSession'

const client = makeQueryClient()
const router = makeRouter(client)

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

onSignedOut(() => void client.invalidateQueries({ queryKey: doorQuery.queryKey }))
watchSession(client, router, () => location.reload())
followSystemTheme()

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no root')
void showLanguage(preferredLanguage()).then(() => {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  )
})
