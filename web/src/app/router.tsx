import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, notFound, redirect } from '@tanstack/react-router'
import { isMonth } from '@/features/billing/months'
import { readSelection } from '@/features/models/selection'
import { readSignInSearch } from '@/features/session/search'
import { readUsageSearch } from '@/features/usage/search'
import { type Door, doorQuery } from '@/shared/lib/session'
import { FailurePage, NotFoundPage } from './FailurePage'
import { Shell } from './Shell'

const BASE = '/app'

interface Context {
  client: QueryClient
}

/** Who is there, asked once and then known. */
function knownDoor(client: QueryClient): Promise<Door> {
  return client.query({ ...doorQuery, staleTime: 'static' })
}

/** Whoever is signed in already has no use for a page that lets people in, and goes on to where they wanted to. */
async function leadIn(client: QueryClient, next = '/'): Promise<void> {
  const { session } = await knownDoor(client)
  if (session) throw redirect({ href: `${BASE}${next}` })
}

const root = createRootRouteWithContext<Context>()({
  // Who is there decides what every page shows, so it is known before the first one.
  beforeLoad: ({ context }) => knownDoor(context.client),
  component: Shell,
  errorComponent: FailurePage,
  notFoundComponent: NotFoundPage,
})

/** Pages of signed-in people; others are led to sign in, and back afterwards. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ context, location }) => {
    const door = await knownDoor(context.client)
    if (!door.session) throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { next: location.href } })
  },
})

/** Pages of operators; the server refuses others anyway, and this spares them pages full of refusals. */
const operator = createRoute({
  getParentRoute: () => signedIn,
  path: '/operator',
  beforeLoad: async ({ context }) => {
    const door = await knownDoor(context.client)
    if (!door.session?.is_operator) throw redirect({ to: '/' })
  },
  component: lazyRouteComponent(() => import('@/features/operator/OperatorLayout'), 'OperatorLayout'),
})

const operatorPages = [
  createRoute({
    getParentRoute: () => operator,
    path: '/',
    component: lazyRouteComponent(() => import('@/features/operator/accounts/AccountsPage'), 'AccountsPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/payments',
    component: lazyRouteComponent(() => import('@/features/operator/PaymentsPage'), 'PaymentsPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/coupons',
    component: lazyRouteComponent(() => import('@/features/operator/coupons/CouponsPage'), 'CouponsPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/prices',
    component: lazyRouteComponent(() => import('@/features/operator/prices/PricesPage'), 'PricesPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/models',
    component: lazyRouteComponent(() => import('@/features/operator/ModelsPage'), 'ModelsPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/upstreams',
    component: lazyRouteComponent(() => import('@/features/operator/UpstreamsPage'), 'UpstreamsPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/books',
    component: lazyRouteComponent(() => import('@/features/operator/BooksPage'), 'BooksPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/audit',
    component: lazyRouteComponent(() => import('@/features/operator/AuditPage'), 'AuditPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/settings',
    component: lazyRouteComponent(() => import('@/features/operator/SettingsPage'), 'SettingsPage'),
  }),
] as const

const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  component: lazyRouteComponent(() => import('@/features/home/HomePage'), 'HomePage'),
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: readSignInSearch,
  beforeLoad: ({ context, search }) => leadIn(context.client, search.next),
  component: lazyRouteComponent(() => import('@/features/session/SignInPage'), 'SignInPage'),
})

const signUp = createRoute({
  getParentRoute: () => root,
  path: '/sign-up',
  beforeLoad: ({ context }) => leadIn(context.client),
  component: lazyRouteComponent(() => import('@/features/session/SignUpPage'), 'SignUpPage'),
})

const forgotPassword = createRoute({
  getParentRoute: () => root,
  path: '/forgot-password',
  component: lazyRouteComponent(() => import('@/features/session/ForgotPasswordPage'), 'ForgotPasswordPage'),
})

const resetPassword = createRoute({
  getParentRoute: () => root,
  path: '/reset-password',
  component: lazyRouteComponent(() => import('@/features/session/ResetPasswordPage'), 'ResetPasswordPage'),
})

const account = createRoute({
  getParentRoute: () => signedIn,
  path: '/account',
  component: lazyRouteComponent(() => import('@/features/account/AccountPage'), 'AccountPage'),
})

const keys = createRoute({
  getParentRoute: () => signedIn,
  path: '/keys',
  validateSearch: (search: Record<string, unknown>): { kind?: 'management' } => (search.kind === 'management' ? { kind: 'management' } : {}),
  component: lazyRouteComponent(() => import('@/features/keys/KeysPage'), 'KeysPage'),
})

const playground = createRoute({
  getParentRoute: () => signedIn,
  path: '/playground',
  validateSearch: (search: Record<string, unknown>): { model?: string; preset?: string } => ({
    ...(typeof search.model === 'string' && { model: search.model }),
    ...(typeof search.preset === 'string' && { preset: search.preset }),
  }),
  component: lazyRouteComponent(() => import('@/features/playground/PlaygroundPage'), 'PlaygroundPage'),
})

const usage = createRoute({
  getParentRoute: () => signedIn,
  path: '/usage',
  validateSearch: readUsageSearch,
  component: lazyRouteComponent(() => import('@/features/usage/UsagePage'), 'UsagePage'),
})

const docs = createRoute({
  getParentRoute: () => root,
  path: '/docs',
  loader: async () => (await import('@/features/docs/library')).loadIndex(),
  component: lazyRouteComponent(() => import('@/features/docs/DocsLayout'), 'DocsLayout'),
})

const docsOverview = createRoute({
  getParentRoute: () => docs,
  path: '/',
  component: lazyRouteComponent(() => import('@/features/docs/DocsOverviewPage'), 'DocsOverviewPage'),
})

const docsPage = createRoute({
  getParentRoute: () => docs,
  path: '$page',
  loader: async ({ params }) => {
    const text = await (await import('@/features/docs/library')).loadPage(params.page)
    if (text === null) throw notFound()
    return text
  },
  component: lazyRouteComponent(() => import('@/features/docs/DocsPage'), 'DocsPage'),
})

const apiReference = createRoute({
  getParentRoute: () => docs,
  path: 'api',
  component: lazyRouteComponent(() => import('@/features/docs/ApiReferencePage'), 'ApiReferencePage'),
})

const billing = createRoute({
  getParentRoute: () => signedIn,
  path: '/billing',
  // The payment provider's page leads back here with the payment's id.
  validateSearch: (search: Record<string, unknown>): { payment?: string } => (typeof search.payment === 'string' ? { payment: search.payment } : {}),
  component: lazyRouteComponent(() => import('@/features/billing/BillingPage'), 'BillingPage'),
})

const statement = createRoute({
  getParentRoute: () => signedIn,
  path: '/billing/statement/$month',
  beforeLoad: ({ params }) => {
    if (!isMonth(params.month)) throw notFound()
  },
  component: lazyRouteComponent(() => import('@/features/billing/StatementPage'), 'StatementPage'),
})

const models = createRoute({ getParentRoute: () => root, path: '/models' })

const catalogue = createRoute({
  getParentRoute: () => models,
  path: '/',
  validateSearch: readSelection,
  component: lazyRouteComponent(() => import('@/features/models/ModelsPage'), 'ModelsPage'),
})

/** The id of a model has a slash in it, so it is the rest of the path. */
const model = createRoute({
  getParentRoute: () => models,
  path: '$',
  component: lazyRouteComponent(() => import('@/features/models/ModelPage'), 'ModelPage'),
})

const tree = root.addChildren([docs.addChildren([docsOverview, docsPage, apiReference]), signIn, signUp, forgotPassword, resetPassword, models.addChildren([catalogue, model]), signedIn.addChildren([home, playground, keys, usage, billing, statement, account, operator.addChildren(operatorPages)])])

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    basepath: BASE,
    context: { client },
    defaultPreload: 'intent',
    scrollRestoration: true,
  })
}
