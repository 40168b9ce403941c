import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { moneyMoved } from './queries'

const LOOK_MS = 5_000
const AWAIT_MS = 120_000

/** Look for what a payment brings, for a while: the payment provider tells the server of it some moments later. */
export function useAwaitedMoney(isAwaited: boolean): void {
  const client = useQueryClient()
  useEffect(() => {
    if (!isAwaited) return
    const look = setInterval(() => void client.invalidateQueries(moneyMoved), LOOK_MS)
    const end = setTimeout(() => clearInterval(look), AWAIT_MS)
    return () => {
      clearInterval(look)
      clearTimeout(end)
    }
  }, [client, isAwaited])
}
