import clsx from 'clsx'
import type { ReactNode } from 'react'

export interface Column<T> {
  /** Unique in the table. */
  id: string
  head: ReactNode
  cell: (row: T) => ReactNode
  /** Numbers stand right, in figures of one width. */
  isNumber?: boolean
  /** Short texts that stay in one line, such as moments and names. */
  isWhole?: boolean
}

interface TableProps<T> {
  /** What the table holds, for screen readers. */
  label: string
  columns: Column<T>[]
  rows: T[]
  /** What tells a row from the others; its place where nothing else does. */
  rowKey: (row: T, place: number) => string | number
  /** Whether columns stand closer, for tables of many. */
  isDense?: boolean
}

/** A table that scrolls sideways by itself, so that a phone's page does not; the scrolling part takes the keyboard's focus. */
export function Table<T>({ label, columns, rows, rowKey, isDense = false }: TableProps<T>) {
  const gap = isDense ? 'px-2.5 first:pl-4 last:pr-4' : 'px-4'
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls has to be reached by keyboard
    <div role="region" aria-label={label} tabIndex={0} className="relative overflow-x-auto rounded-xl border border-line bg-surface">
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{label}</caption>
        <thead>
          <tr className="border-b border-line text-left text-muted">
            {columns.map((column) => (
              <th key={column.id} scope="col" className={clsx(gap, 'py-2.5 font-medium whitespace-nowrap', column.isNumber && 'text-right')}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, place) => (
            <tr key={rowKey(row, place)} className="border-b border-line last:border-0">
              {columns.map((column) => (
                <td key={column.id} className={clsx(gap, 'py-2.5 align-middle', column.isNumber && 'text-right tabular-nums', column.isWhole && 'whitespace-nowrap')}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
