import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

/** Where the balance is topped up; a text, since the page is known at run time only. */
const BILLING: string = '/billing'

export function BillingLink({ children }: { children: ReactNode }) {
  return (
    <Link to={BILLING} className="text-accent underline-offset-4 hover:underline">
      {children}
    </Link>
  )
}
