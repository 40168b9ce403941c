import { getRouteApi } from '@tanstack/react-router'
import { useTimeZone } from '@/shared/lib/timeZone'
import { useToday } from '@/shared/lib/today'
import { readUsageSearch, type UsageSearch } from './search'
import { windowQuery } from './window'

const route = getRouteApi('/signed-in/usage')

export type SearchChange = { [Name in keyof UsageSearch]?: UsageSearch[Name] | undefined }

/** What the address says, completed by what the person has chosen before, and a way to change it. */
export function useUsageSearch() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const keptZone = useTimeZone()
  const zone = search.zone ?? keptZone
  const today = useToday(zone)
  return {
    search,
    zone,
    today,
    window: windowQuery(search, zone, today),
    /** An address that was changed names its zone, so that whoever gets it sees the same days. */
    change: (part: SearchChange) => void navigate({ search: readUsageSearch({ ...search, zone, ...part }), replace: true, resetScroll: false }),
  }
}
