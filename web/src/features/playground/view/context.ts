import { createContext, useContext } from 'react'
import type { Runner } from '../run/Runner'

export const RunnerContext = createContext<Runner | null>(null)

export function useRunner(): Runner {
  const runner = useContext(RunnerContext)
  if (!runner) throw new Error('There is no playground around this')
  return runner
}
