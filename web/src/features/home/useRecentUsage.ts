import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { OwnersUsageDetail } from '@/shared/api/schemas'
import { useTimeZone } from '@/shared/lib/timeZone'
import { useToday } from '@/shared/lib/today'
import { type HomeFigures, homeFigures, recentWindow } from './figures'
import { recentUsageQuery } from './queries'

export interface RecentUsage {
  query: UseQueryResult<OwnersUsageDetail>
  figures: HomeFigures | undefined
}

/** What was used lately, in the days of the person's time zone. */
export function useRecentUsage(): RecentUsage {
  const zone = useTimeZone()
  const today = useToday(zone)
  const query = useQuery(recentUsageQuery(recentWindow(zone, today), zone))
  const figures = useMemo(() => query.data && homeFigures(query.data, today), [query.data, today])
  return { query, figures }
}
