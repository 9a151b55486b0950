import { Button } from 'tdesign-vue-next'
import { computed, defineComponent, ref, watch } from 'vue'
import { download } from '../api.ts'
import { t } from '../language.ts'
import { ask } from '../parts/ask.tsx'
import { EventList, type EventFilters } from '../parts/event-list.tsx'
import { showChoice, showField } from '../parts/field.tsx'
import { goTo, route } from '../route.ts'
import { eventNames, nameEvent } from '../words.ts'
import { may } from '../who.ts'

const names = ['kind', 'user_id', 'app_id', 'admin_id', 'since', 'until'] as const

export const Audit = defineComponent({
  name: 'Audit',
  setup() {
    const kind = ref('')
    const user_id = ref('')
    const app_id = ref('')
    const admin_id = ref('')
    const since = ref('')
    const until = ref('')
    const fields = { kind, user_id, app_id, admin_id, since, until }
    const filters = computed<EventFilters>(() => {
      const found = names.map((name) => [name, route.value.query.get(name) ?? ''] as const)
      return Object.fromEntries(found.filter(([, value]) => value !== ''))
    })
    // The address holds what is looked at, so that it can be sent to a colleague.
    watch(
      filters,
      (asked) => {
        for (const name of names) {
          const value = asked[name] ?? ''
          fields[name].value = name === 'since' || name === 'until' ? toLocal(value) : value
        }
      },
      { immediate: true },
    )

    function apply() {
      goTo(['audit'], {
        kind: kind.value,
        user_id: user_id.value.trim(),
        app_id: app_id.value.trim(),
        admin_id: admin_id.value.trim(),
        since: toInstant(since.value),
        until: toInstant(until.value),
      })
    }

    function askExport() {
      ask({
        title: t('导出审计日志？', 'Export the audit log?'),
        says: () =>
          t(
            '按当前筛选导出为 NDJSON，每行一条。导出本身也会写入审计日志。',
            'As it is filtered now, one JSON a line. The export is itself written to the audit log.',
          ),
        button: t('导出', 'Export'),
        act: async () => {
          await download(
            'POST /v1/admin/events/export',
            { query: filters.value },
            'kaimen-audit.ndjson',
          )
          return t('已导出为 kaimen-audit.ndjson。', 'Exported as kaimen-audit.ndjson.')
        },
      })
    }

    return () => (
      <section>
        <div class="heading">
          <h1 tabindex={-1}>{t('审计日志', 'Audit log')}</h1>
          {may('operator') ? (
            <Button size="small" variant="outline" onClick={askExport}>
              {t('导出…', 'Export…')}
            </Button>
          ) : undefined}
        </div>
        <form
          class="filters"
          aria-label={t('筛选', 'Filters')}
          onSubmit={(event: Event) => {
            event.preventDefault()
            apply()
          }}
        >
          {showChoice({
            label: t('事件', 'Event'),
            value: kind.value,
            options: [
              { value: '', label: t('全部', 'All') },
              ...Object.keys(eventNames).map((name) => ({ value: name, label: nameEvent(name) })),
            ],
            onChoose: (value) => {
              kind.value = value
              apply()
            },
          })}
          {showField({ label: t('用户 ID', 'User id'), value: user_id })}
          {showField({ label: 'AppID', value: app_id })}
          {showField({ label: t('管理员 ID', 'Administrator id'), value: admin_id })}
          {showMoment(t('从', 'From'), since)}
          {showMoment(t('到', 'To'), until)}
          <div class="filter-buttons">
            <Button type="submit">{t('筛选', 'Filter')}</Button>
            <Button variant="outline" onClick={() => goTo(['audit'])}>
              {t('清除', 'Clear')}
            </Button>
          </div>
        </form>
        <EventList filters={filters.value} label={t('审计日志', 'Audit log')} />
      </section>
    )
  },
})

function showMoment(label: string, value: { value: string }) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        class="choice"
        type="datetime-local"
        value={value.value}
        onInput={({ target }: Event) => {
          if (target instanceof HTMLInputElement) value.value = target.value
        }}
      />
    </label>
  )
}

/** What datetime-local gives is of this browser's time zone. */
function toInstant(local: string): string {
  const date = new Date(local)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString()
}

function toLocal(instant: string): string {
  const date = new Date(instant)
  if (Number.isNaN(date.getTime())) return ''
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
