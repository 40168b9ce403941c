import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

/** Leads to where the balance is topped up. */
export function BillingLink({ children }: { children: ReactNode }) {
  return (
    <Link to="/billing" className="text-accent underline-offset-4 hover:underline">
      {children}
    </Link>
  )
}
