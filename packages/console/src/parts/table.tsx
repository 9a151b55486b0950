import type { VNodeChild } from 'vue'
import { t } from '../language.ts'

type Column<Row> = {
  readonly title: string
  readonly cell: (row: Row) => VNodeChild
  /** Numbers stand to the right. */
  readonly right?: boolean
}

type TableOptions<Row> = {
  /** What the table holds, for those who cannot see where it stands. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  /** Missing: not loaded yet. */
  readonly rows: readonly Row[] | undefined
  readonly keyOf: (row: Row) => string
  readonly empty: string
}

/** A table that becomes a list of cards where there is no room. */
export function showTable<Row>({ label, columns, rows, keyOf, empty }: TableOptions<Row>) {
  if (rows === undefined) return <p class="loading">{t('正在加载…', 'Loading…')}</p>
  if (rows.length === 0) return <p class="empty">{empty}</p>
  return (
    <div class="table-frame" role="region" aria-label={label} tabindex={0}>
      <table class="table">
        <thead>
          <tr>
            {columns.map(({ title, right }) => (
              <th scope="col" class={right === true ? 'right' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, cell, right }) => (
                <td data-title={title} class={right === true ? 'right' : undefined}>
                  {[cell(row)]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
